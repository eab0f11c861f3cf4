import FleetModel
import Planner
import SimulatedHost
import Testing

/// Sets of guests on hosts that are just large enough, or not.
@Suite struct ScheduleTests {
    private typealias Size = (memory: Int64, cpus: Int)

    /// MiB that a guest costs beside its memory, roughly: under KVM.
    private static let overhead: Int64 = 40

    private func policy(memory: Int64 = 65_536, cpus: Int = 1_000) -> HostPolicy {
        HostPolicy(reservedMemory: .zero, reservedCPUs: 0, cpuOvercommit: 1, memory: .mib(memory), cpus: cpus)
    }

    private func fleet(
        _ guests: [(name: String, size: Size)], model: String = "Nehalem", limit: Int = 100,
        order: UpdatePolicy.Order = .destroyFirst, policy: HostPolicy, hosts: Int = 1
    ) -> DesiredFleet {
        DesiredFleet(
            name: name("demo"), hosts: (0..<hosts).map { DesiredHost(name: name("h\($0)"), policy: policy) },
            networks: [], images: [],
            guests: guests.enumerated().map { index, guest in
                DesiredGuest(
                    name: name(guest.name), host: name("h\(index % hosts)"), cpus: guest.size.cpus,
                    memory: .mib(guest.size.memory), cpuModel: model,
                    boot: .kernel(FleetGenerator.file("vmlinuz"), initrd: nil, cmdline: ""),
                    update: UpdatePolicy(order: order), set: name("web"))
            },
            sets: [DesiredGuestSet(name: name("web"), maxUnavailable: limit)])
    }

    /// Plans the change from one fleet to the other, and runs it in random orders.
    private func plan(
        from old: [(name: String, size: Size)], to new: [(name: String, size: Size)], limit: Int = 100,
        order: UpdatePolicy.Order = .destroyFirst, policy: HostPolicy, hosts count: Int = 1
    ) throws -> Plan {
        var hosts: Hosts = [:]
        for index in 0..<count {
            let facts = HostFacts(
                instance: InstanceID(parsing: "01234567")!, memory: .gib(1_000), cpus: 10_000, disk: .gib(100),
                diskAvailable: .gib(50), kvm: .works, qemuVersion: "7.2.22", bootID: "boot")
            hosts[name("h\(index)")] = SimulatedState(live: LiveHost(facts: facts), policy: self.policy())
        }
        let first = makePlan(
            desired: fleet(old, policy: self.policy(memory: 1 << 20, cpus: 10_000), hosts: count),
            hosts: observe(hosts))
        for host in hosts.keys { hosts[host]!.policy = self.policy(memory: 1 << 20, cpus: 10_000) }
        try perform(first.steps, of: first, on: &hosts)
        for host in hosts.keys { hosts[host]!.policy = policy }
        let desired = fleet(new, model: "Westmere", limit: limit, order: order, policy: policy, hosts: count)
        let plan = makePlan(desired: desired, hosts: observe(hosts))
        guard plan.refusals.isEmpty, plan.steps.count < 200 else { return plan }
        for seed in 0..<5 {
            var (random, copy) = (SeededGenerator(seed: UInt64(seed)), hosts)
            try perform(linearExtension(of: plan, using: &random), of: plan, on: &copy)
            #expect(makePlan(desired: desired, hosts: observe(copy)).isEmpty)
        }
        return plan
    }

    private func step(_ verb: String, _ guest: String, of plan: Plan) throws -> Step {
        try #require(plan.steps.first { $0.verb == verb && $0.address.name.text == guest }, "\(verb) \(guest)")
    }

    @Test func whereEverythingFitsNoGuestWaitsForAnother() throws {
        let old = (0..<6).map { (name: "web-\($0)", size: (memory: Int64(500), cpus: 1)) }
        let new = (0..<7).map { (name: "web-\($0)", size: (memory: Int64(600), cpus: 2)) }
        let plan = try plan(from: old, to: new, policy: policy())
        #expect(plan.refusals.isEmpty && plan.notes.allSatisfy { !$0.contains("createFirst") })
        for step in plan.steps {
            #expect(step.needs.allSatisfy { plan.steps[$0].address == step.address })
        }
    }

    /// Three lanes: every stop but the first three waits for exactly one guest to be up again.
    @Test func aLimitOfThreeMakesThreeLanes() throws {
        let guests = (0..<10).map { (name: "web-\($0)", size: (memory: Int64(500), cpus: 1)) }
        let plan = try plan(from: guests, to: guests, limit: 3, policy: policy(), hosts: 2)
        let stops = plan.steps.filter { $0.verb == "stop" }
        #expect(stops.count == 10)
        #expect(stops.map(\.needs.count).sorted() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
        #expect(stops.allSatisfy { $0.rollout == name("web") })
    }

    @Test func createFirstIsKeptWhereThereIsRoom() throws {
        let plan = try plan(
            from: [("web-0", (500, 1)), ("web-1", (500, 1))], to: [("web-1", (500, 1)), ("web-2", (500, 1))],
            order: .createFirst, policy: policy(memory: 1_700))
        let up = try step("start", "web-2", of: plan).id
        for guest in ["web-0", "web-1"] { #expect(try step("stop", guest, of: plan).needs.contains(up)) }
        #expect(plan.notes.allSatisfy { !$0.contains("createFirst") })
    }

    @Test func createFirstYieldsWhereThereIsNone() throws {
        let plan = try plan(
            from: [("web-0", (500, 1)), ("web-1", (500, 1))], to: [("web-1", (500, 1)), ("web-2", (500, 1))],
            order: .createFirst, policy: policy(memory: 1_200))
        #expect(plan.refusals.isEmpty)
        let start = try step("start", "web-2", of: plan)
        #expect(start.needs.contains { plan.steps[$0].verb == "stop" })
        let note = plan.notes.first { $0.contains("createFirst") }
        #expect(
            note?.hasPrefix(
                "set web: its old guests are stopped before its new ones are ready, though update.order is "
                    + "createFirst: guest.web-2 on host.h0: it needs 5") == true, "\(plan.notes)")
    }

    /// Each needs what the other one has: both have to be down at once.
    @Test func memoryAndProcessorsAreSwapped() throws {
        let old: [(name: String, size: Size)] = [("web-0", (1_000, 1)), ("web-1", (500, 4))]
        let new: [(name: String, size: Size)] = [("web-0", (500, 4)), ("web-1", (1_000, 1))]
        let tight = policy(memory: 1_600, cpus: 5)
        let both = try plan(from: old, to: new, policy: tight)
        #expect(both.refusals.isEmpty)
        #expect(both.capacity[0].peak == both.capacity[0].before)

        let one = try plan(from: old, to: new, limit: 1, policy: tight)
        #expect(one.refusals.map(\.code) == ["order-impossible"])
        let refusal = try #require(one.refusals.first)
        #expect(
            refusal.summary
                == "there is no order of steps that keeps host.h0's memory, host.h0's CPUs and maxUnavailable of set web"
        )
        #expect(refusal.help?.contains("raise rollout.maxUnavailable of GuestSet web to 2") == true)
        #expect(refusal.detail?.contains("maxUnavailable of set web is 1, and guest.web-") == true, "\(refusal)")
    }

    /// A host that has too much taken already, and a limit that lets too few stop.
    @Test(arguments: [(1, false), (2, true)]) func anOvercommittedHostIsMendedFirst(limit: Int, fits: Bool) throws {
        let old = (0..<3).map { (name: "web-\($0)", size: (memory: Int64(2_048), cpus: 1)) }
        let new = (0..<3).map { (name: "web-\($0)", size: (memory: Int64(1_024), cpus: 1)) }
        let plan = try plan(from: old, to: new, limit: limit, policy: policy(memory: 3_584))
        #expect(plan.refusals.map(\.code) == (fits ? [] : ["order-impossible"]))
        guard fits else {
            #expect(
                plan.refusals[0].detail == """
                    All orders were tried (2 states). The furthest one ends here:
                      host.h0: 4GiB of 3.5GiB memory taken
                      guest.web-0 is down and cannot be started: it needs 1GiB, and 0B are free
                      guest.web-1 cannot be stopped: maxUnavailable of set web is 1, and guest.web-0 is down
                      guest.web-2 cannot be stopped: maxUnavailable of set web is 1, and guest.web-0 is down
                    """)
            #expect(plan.refusals[0].help?.hasPrefix("raise rollout.maxUnavailable of GuestSet web to 2, or ") == true)
            return
        }
        let start = try #require(plan.steps.first { $0.verb == "start" })
        let others = start.needs.filter { plan.steps[$0].verb == "stop" && plan.steps[$0].address != start.address }
        #expect(others.count == 1, "its own stop alone does not make enough room")
    }

    /// Too many different guests to try all orders: what is not found is not called impossible.
    @Test func beyondTheBoundNothingIsCalledImpossible() throws {
        let old = (0..<20).map { (name: "web-\($0)", size: (memory: 2_048 + Int64($0), cpus: 1)) }
        let new = (0..<20).map { (name: "web-\($0)", size: (memory: 1_024 + Int64($0), cpus: 1)) }
        let plan = try plan(from: old, to: new, limit: 1, policy: policy(memory: 22_000))
        #expect(plan.refusals.map(\.code) == ["order-not-found"])
        #expect(plan.refusals.first?.detail?.contains("20 guests depend on each other") == true)
    }

    /// Numbers that have to be parted evenly, which the rules of thumb alone do not see.
    @Test func numbersAreParted() throws {
        let numbers: [Int64] = [8, 7, 6, 5, 4]
        let half = numbers.reduce(0, +) / 2
        let unit: Int64 = 64
        var old: [(name: String, size: Size)] = []
        var new: [(name: String, size: Size)] = []
        for (index, number) in numbers.enumerated() {
            old.append(("web-\(index)", (1_024, 1 + Int(number))))
            new.append(("web-\(index)", (1_024 + number * unit, 1)))
        }
        for index in 5...6 {
            old.append(("web-\(index)", (1_024 + half * unit, 1)))
            new.append(("web-\(index)", (1_024, 1 + Int(half))))
        }
        let costs = old.map {
            MemoryCost.overhead(memory: .mib($0.size.memory), accelerator: .kvm) + .mib($0.size.memory)
        }
        let taken = costs.reduce(ByteCount.zero, +)
        // Free are as many bytes as one half needs, and the little that QEMU's own share makes of it.
        let free = ByteCount.mib(half * unit + half * unit / 512 + 1)
        var policy = policy(cpus: old.reduce(0) { $0 + $1.size.cpus })
        policy.memory = taken + free
        let plan = try plan(from: old, to: new, limit: 1, policy: policy)
        #expect(plan.refusals.isEmpty, "\(plan.refusals)")
        #expect(plan.capacity[0].peak.memory <= plan.capacity[0].allocatable.memory)
        #expect(plan.capacity[0].peak.cpus <= plan.capacity[0].allocatable.cpus)
    }

    /// The needs of a big rollout are a few for each step, however many guests there are.
    @Test func aBigRolloutHasFewNeeds() throws {
        let old = (0..<1_000).map { (name: "web-\($0)", size: (memory: 512 + Int64($0 * 37 % 89), cpus: 1)) }
        let new = (0..<1_000).map { (name: "web-\($0)", size: (memory: 512 + Int64($0 * 53 % 97), cpus: 1)) }
        let plan = try plan(from: old, to: new, limit: 10, policy: policy(memory: 12_500), hosts: 50)
        #expect(plan.refusals.isEmpty, "\(plan.refusals)")
        #expect(plan.steps.reduce(0) { $0 + $1.needs.count } < 3 * plan.steps.count)
        #expect(plan.steps.count { $0.verb == "stop" && $0.needs.isEmpty } == 10)
    }

    /// A thousand guests on one host whose memory is full before and after.
    @Test func aFullHostWithManyGuestsIsProved() throws {
        let old = (0..<1_000).map { (name: "web-\($0)", size: (memory: 512 + Int64($0 * 37 % 89) * 8, cpus: 1)) }
        let new = (0..<1_000).map { (name: "web-\($0)", size: (memory: 512 + Int64($0 * 53 % 97) * 8, cpus: 1)) }
        let cost = [old, new].map { guests in
            guests.reduce(ByteCount.zero) {
                $0 + .mib($1.size.memory) + MemoryCost.overhead(memory: .mib($1.size.memory), accelerator: .kvm)
            }
        }
        var policy = policy(cpus: 10_000)
        policy.memory = max(cost[0], cost[1])
        let plan = try plan(from: old, to: new, policy: policy)
        #expect(plan.refusals.isEmpty, "\(plan.refusals)")
        #expect(plan.capacity[0].peak.memory <= plan.capacity[0].allocatable.memory)
    }
}
