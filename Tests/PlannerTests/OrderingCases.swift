import FleetModel
import Planner
import SimulatedHost

/// Small fleets on tight hosts, and what the oracle has to know of them.
struct OrderingCase {
    var hosts: Hosts = [:]
    var desired: DesiredFleet

    static let network = name("n")

    /// Up to six guests on up to two hosts, of which memory, CPUs, number and limits are drawn at random.
    init(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let names = random.chance(60) ? [name("h0")] : [name("h0"), name("h1")]
        for (index, host) in names.enumerated() {
            let facts = HostFacts(
                instance: InstanceID(parsing: "0000000\(index)")!, memory: .gib(64), cpus: 64, disk: .gib(100),
                diskAvailable: .gib(50), kvm: .works, qemuVersion: "7.2.22", bootID: "boot")
            hosts[host] = SimulatedState(live: LiveHost(facts: facts), policy: Self.roomy)
        }
        let limits = [1, 1, 2]
        let sets = ["a", "b"].map {
            DesiredGuestSet(
                name: name($0), maxUnavailable: random.pick(limits), pausesAfterFailure: random.chance(50))
        }
        let readdressed = random.chance(25)
        let createFirst = random.chance(40)
        var old: [DesiredGuest] = []
        var new: [DesiredGuest] = []
        for index in 0..<Int.random(in: 2...6, using: &random) {
            let set = random.pick(["a", "a", "b", "c"])
            var guest = DesiredGuest(
                name: name("\(set)-\(index)"), host: random.pick(names), cpus: Int.random(in: 1...4, using: &random),
                memory: .mib(256 * Int64.random(in: 1...8, using: &random)), cpuModel: "Nehalem",
                boot: .kernel(FleetGenerator.file("vmlinuz"), initrd: nil, cmdline: ""),
                nics: readdressed && random.chance(50) ? [DesiredNIC(name: name("eth0"), network: Self.network)] : [],
                ready: Readiness(random.chance(50) ? .started : .address, timeout: .seconds(5)),
                update: UpdatePolicy(order: createFirst && set == "a" ? .createFirst : .destroyFirst),
                set: set == "c" ? nil : name(set))
            let fate = Int.random(in: 0..<100, using: &random)
            let changesLive = fate >= 70
            if changesLive { (guest.maxMemory, guest.maxCPUs) = (.mib(2048), 4) }
            if fate >= 15 { old.append(guest) }
            if fate < 15 || fate >= 27 {
                if fate >= 40 {
                    guest.cpus = Int.random(in: 1...4, using: &random)
                    guest.memory = .mib(256 * Int64.random(in: 1...8, using: &random))
                }
                if fate >= 40, !changesLive {
                    // It restarts, whatever else of it could change while it runs.
                    guest.cpuModel = "Westmere"
                    guest.maxMemory = guest.memory
                    guest.maxCPUs = guest.cpus
                }
                new.append(guest)
            }
        }
        func fleet(_ guests: [DesiredGuest], gateway: String) -> DesiredFleet {
            var spec = FleetGenerator.network("10.1.0")
            spec.gateway = IPv4Address(parsing: gateway)!
            return DesiredFleet(
                name: FleetGenerator.fleet, hosts: names.map { DesiredHost(name: $0, policy: Self.roomy) },
                networks: [DesiredNetwork(name: Self.network, spec: spec)], images: [], guests: guests, sets: sets)
        }
        let first = makePlan(desired: fleet(old, gateway: "10.1.0.1"), hosts: observe(hosts))
        try perform(first.steps, of: first, on: &hosts)
        for host in names { Self.growSinceBoot(&hosts[host]!.live.guests, using: &random) }
        desired = fleet(new, gateway: readdressed ? "10.1.0.2" : "10.1.0.1")
        if random.chance(40) { desired.policy.maxUnavailable = random.pick([1, 2, 3]) }
        for host in names { squeeze(host, using: &random) }
        for host in names where random.chance(15) {
            guard let index = hosts[host]!.live.guests.indices.randomElement(using: &random) else { continue }
            hosts[host]!.live.guests[index].process = nil
            hosts[host]!.live.guests[index].state = .stopped
        }
    }

    private static let roomy = HostPolicy(reservedMemory: .zero, reservedCPUs: 0, cpuOvercommit: 1)

    /// Guests that may shrink while they run have grown to what they have from less, some of them.
    private static func growSinceBoot(_ guests: inout [LiveGuest], using random: inout SeededGenerator) {
        for index in guests.indices where random.chance(80) {
            guard let process = guests[index].process, process.spec.maxCPUs == 4 else { continue }
            let blocks = process.spec.memory.bytes >> 28
            guests[index].process!.bootMemory = .mib(256 * Int64.random(in: 1...blocks, using: &random))
        }
    }

    /// What a guest takes of its host's memory; what it was started with counts while it runs.
    private static func cost(_ memory: ByteCount, boot: ByteCount = .zero) -> ByteCount {
        let counted = max(memory, boot)
        return counted + MemoryCost.overhead(memory: counted, accelerator: .kvm)
    }

    /// Leaves a host hardly more than it needs before and after.
    private mutating func squeeze(_ host: Name, using random: inout SeededGenerator) {
        let before = observedCapacity(of: hosts[host]!.live, name: host).before
        let guests = desired.guests.filter { $0.host == host }
        let memory = guests.reduce(ByteCount.zero) { sum, guest in
            let live = hosts[host]!.live.guests.first { $0.definition.name == guest.name }
            let runsOn = guest.cpuModel == live?.definition.spec.cpuModel
            return sum + Self.cost(guest.memory, boot: runsOn ? live?.process?.bootMemory ?? .zero : .zero)
        }
        let cpus = guests.reduce(0) { $0 + $1.cpus }
        var policy = Self.roomy
        let slack = ByteCount.mib(random.pick([0, 0, 100, 300, 700]))
        policy.memory = (random.chance(20) ? memory : max(memory, before.memory)) + slack
        policy.cpus = max(1, max(cpus, before.cpus) + random.pick([0, 0, 0, 1, 3, 20]))
        hosts[host]!.policy = policy
        for index in desired.hosts.indices where desired.hosts[index].name == host {
            desired.hosts[index].policy = policy
        }
    }

    /// The rules that hold for a plan's guests, and the steps that each one has.
    func oracle(for plan: Plan, wishes: Bool) -> (
        oracle: OrderingOracle, stops: [Int?], starts: [Int?], ready: [Int?]
    ) {
        var oracle = OrderingOracle()
        for set in desired.sets { oracle.allowed[set.name.text] = set.maxUnavailable }
        if let limit = desired.policy.maxUnavailable { oracle.allowed["*"] = limit }
        for capacity in plan.capacity {
            oracle.free[capacity.host] = (
                capacity.allocatable.memory.bytes - capacity.before.memory.bytes,
                max(0, capacity.allocatable.cpus - capacity.before.cpus)
            )
        }
        var (stops, starts, ready): ([Int?], [Int?], [Int?]) = ([], [], [])
        for change in plan.changes where change.address.kind == .guest {
            let steps = plan.steps.filter { $0.address == change.address }
            let stop = steps.first { if case .stopGuest = $0.operation { true } else { false } }
            let start = steps.first { if case .startGuest = $0.operation { true } else { false } }
            let wanted = desired.guests.first { $0.name == change.address.name }
            let live = hosts[change.host]!.live.guests.first { $0.definition.name == change.address.name }
            var guest = OrderingOracle.Guest(host: change.host)
            if stop == nil, start == nil {
                // Changed while it runs, or in its definition alone.
                guard let wanted, let process = live?.process,
                    let step = steps.first(where: { if case .changeGuest = $0.operation { true } else { false } })
                else { continue }
                let (old, new) = (process.spec.memory, wanted.memory)
                let growth = Self.cost(new, boot: process.bootMemory) - Self.cost(old, boot: process.bootMemory)
                guest.change = (growth.bytes, wanted.cpus - process.spec.cpus)
                oracle.guests.append(guest)
                stops.append(nil)
                starts.append(step.id)
                ready.append(nil)
                continue
            }
            if stop != nil, let live { guest.freed = (live.memoryCost.bytes, live.process!.spec.cpus) }
            if start != nil, let wanted {
                guest.taken = (Self.cost(wanted.memory).bytes, wanted.cpus)
            }
            let set = change.address.name.text.split(separator: "-")[0]
            if live != nil, wanted != nil {
                guest.limits = [String(set), "*"].filter { oracle.allowed[$0] != nil }
                guest.isDown = live?.hasProcess == false
            }
            let network = desired.networks[0].spec.gateway == IPv4Address(parsing: "10.1.0.2")!
            let isOn = wanted?.nics.isEmpty == false || live?.definition.spec.nics.isEmpty == false
            if network, isOn,
                plan.changes.contains(where: {
                    $0.address.kind == .network && $0.host == change.host && $0.action == .update
                })
            {
                guest.group = change.host.text
            }
            if wishes, set == "a", desired.guests.contains(where: { $0.update.order == .createFirst }) {
                if live == nil { guest.precedes = "a" }
                if stop != nil { guest.succeeds = "a" }
            }
            oracle.guests.append(guest)
            stops.append(stop?.id)
            starts.append(start?.id)
            let wait = steps.first { if case .awaitReady = $0.operation { true } else { false } }
            ready.append(wait?.id ?? start?.id)
        }
        return (oracle, stops, starts, ready)
    }
}
