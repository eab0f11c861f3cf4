import FleetModel
import SimulatedHost

/// Random fleets over a small pool of names, so that one after the other they change, rename and remove what the
/// last one made.
struct FleetGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    static let fleet = name("demo")
    static let hostNames = [name("alpha"), name("beta")]

    static func digest(_ text: String) -> Digest { Digest(of: text) }

    static func file(_ text: String) -> LocalFile {
        LocalFile(path: "/files/\(text)", digest: digest(text), size: .mib(3))
    }

    /// Hosts with another fleet's objects, strangers and leftovers on them.
    mutating func hosts() -> [Name: SimulatedState] {
        Dictionary(
            uniqueKeysWithValues: Self.hostNames.enumerated().map { index, name in
                (name, SimulatedState(live: strangersHost(index), policy: HostPolicy()))
            })
    }

    private mutating func strangersHost(_ index: Int) -> LiveHost {
        let instance = InstanceID(parsing: "0000000\(index)")!
        let facts = HostFacts(
            instance: instance, memory: .gib(12), cpus: 8, disk: .gib(500), diskAvailable: .gib(400),
            kvm: index == 0 ? .works : .unusable("no /dev/kvm"), qemuVersion: "7.2.22",
            routes: [.init(subnet: IPv4Subnet(parsing: "192.168.0.0/16")!, interface: "docker0")], bootID: "boot")
        let other = Owner(instance: instance, fleet: name("other"))
        let network = NetworkDefinition(
            id: ObjectID(kind: .network, fleet: other.fleet, name: name("lan")), owner: other, name: name("lan"),
            spec: Self.network("10.200.0"))
        let image = ImageDefinition(
            owner: other, name: name("base"),
            file: CachedFile(digest: Self.digest("base-0"), format: .qcow2, size: .mib(3)), virtualSize: .gib(1))
        let spec = GuestSpec(
            cpus: 2, memory: .gib(1), machine: .q35, accelerator: .tcg, cpuModel: "max",
            disks: [
                DiskSpec(
                    name: name("root"),
                    base: .init(image: name("base"), digest: Self.digest("base-0"), format: .qcow2), size: .gib(2))
            ])
        let definition = GuestDefinition(
            id: ObjectID(kind: .guest, fleet: other.fleet, name: name("g0")), owner: other, name: name("g0"), spec: spec
        )
        let guest = LiveGuest(
            definition: definition, state: .running,
            process: RunningGuest(generation: 1, spec: spec, pid: 77, startTime: 1, bootID: "boot"))
        return LiveHost(
            facts: facts, guests: [guest], networks: [LiveNetwork(definition: network)], images: [image],
            cache: [image.file], strangers: [.init(pid: 99, name: "vm", memory: .gib(1), cpus: 1)],
            leftovers: [
                Leftover(kind: .interface, subject: "lgt0123456789", proof: "its alias", fleet: Self.fleet),
                Leftover(kind: .interface, subject: "lgt9876543210", proof: "its alias", fleet: other.fleet),
                Leftover(kind: .temporaryFile, subject: "images/.partial", proof: "its name"),
            ])
    }

    static func network(_ prefix: String) -> NetworkSpec {
        NetworkSpec(
            mode: .nat, subnet: IPv4Subnet(parsing: "\(prefix).0/24")!, gateway: IPv4Address(parsing: "\(prefix).1")!,
            range: IPv4Range(parsing: "\(prefix).10-\(prefix).60")!)
    }

    /// - Parameter previous: The fleet before this one: some of its names come back as `formerly`.
    mutating func fleet(after previous: DesiredFleet?) -> DesiredFleet {
        let prefixes = ["10.1.0", "10.2.0", "10.3.0", "10.4.0"].shuffled(using: &random)
        let networks = (0..<Int.random(in: 1...3, using: &random)).map { index in
            DesiredNetwork(
                name: name("n\(index)"), formerly: random.chance(20) ? name("n\((index + 1) % 4)") : nil,
                spec: Self.network(random.chance(70) ? "10.\(20 + index).0" : prefixes[index]))
        }
        let images = ["base", "data"].map { text in
            let version = random.chance(75) ? 0 : Int.random(in: 0...2, using: &random)
            return DesiredImage(
                name: name(text), file: Self.file("\(text)-\(version)"), format: .qcow2, virtualSize: .gib(1))
        }
        let free = previous.map { Set($0.guests.map(\.name)) } ?? []
        var given = (2...8).shuffled(using: &random)
        let guests = (0..<10).compactMap { index in
            random.chance(65) ? guest(index, networks: networks, previous: free, given: &given) : nil
        }
        return DesiredFleet(
            name: Self.fleet, hosts: Self.hostNames.map { DesiredHost(name: $0) }, networks: networks, images: images,
            guests: guests)
    }

    private mutating func guest(
        _ index: Int, networks: [DesiredNetwork], previous: Set<Name>, given: inout [Int]
    ) -> DesiredGuest {
        let pinned = index % 3 == 2 ? nil : Self.hostNames[index % 2]
        // Only a name that is pinned alike, so that a rename is no move.
        let former = name("g\((index + 6) % 12)")
        var disks: [DesiredDisk] = []
        if random.chance(70) { disks.append(DesiredDisk(name: name("root"), image: name("base"), size: .gib(2))) }
        if random.chance(40) {
            disks.append(
                DesiredDisk(
                    name: name("data"), image: random.chance(30) ? name("data") : nil,
                    size: .gib(Int64.random(in: 1...3, using: &random))))
        }
        if random.chance(20) {
            disks.append(
                DesiredDisk(
                    name: name("logs"), size: .gib(1), iops: random.chance(50) ? 100 : nil,
                    bandwidth: random.chance(50) ? .megabits(80) : nil, onRemove: random.pick([.keep, .delete])))
        }
        let isMicro = index == 4
        let boot: DesiredBoot? =
            isMicro
            ? .image(Self.file("tiny"))
            : disks.isEmpty
                ? .kernel(Self.file("vmlinuz-\(random.pick([0, 1]))"), initrd: nil, cmdline: "quiet") : nil
        let nics = (0..<Int.random(in: 0...2, using: &random)).map { nic in
            let network = random.pick(networks)
            let address = random.chance(25) ? given.popLast() : nil
            return DesiredNIC(
                name: name("eth\(nic)"), network: network.name,
                ipv4: address.map { IPv4Address(bits: network.spec.subnet.base.bits + UInt32($0)) },
                bandwidth: random.chance(20) ? .megabits(100) : nil)
        }
        let memory = ByteCount.mib(random.pick([256, 256, 512, 1024, 2048]))
        let cpus = random.pick([1, 1, 2])
        return DesiredGuest(
            name: name("g\(index)"), formerly: random.chance(25) && previous.contains(former) ? former : nil,
            labels: random.chance(20) ? ["tier": random.pick(["web", "db"])] : [:], host: pinned,
            cpus: cpus, maxCPUs: random.chance(50) ? 4 : nil, memory: memory,
            maxMemory: random.chance(50) ? .gib(2) : nil, machine: isMicro ? .microvm : .q35,
            boot: boot, disks: disks, nics: nics,
            cloudInit: random.chance(40)
                ? CloudInit(
                    userData: random.pick(["#cloud-config", "#!/bin/sh"]),
                    onChange: random.pick([.ignore, .ignore, .restart, .replace])) : nil,
            power: random.chance(80) ? .running : .stopped,
            stopGrace: random.pick([.seconds(60), .seconds(60), .seconds(5)]))
    }

    private mutating func defect(of spec: GuestSpec) -> GuestDefect {
        var defects: [GuestDefect] = [.cpus(spec.cpus + 1), .memory(spec.memory + .mib(2)), .strangeDevice("usb")]
        defects += spec.nics.flatMap { [.nicMissing($0.name), .limitChanged("NIC \($0.name)"), .cablePulled($0.name)] }
        defects += spec.disks.flatMap { [.diskMissing($0.name), .diskSwapped($0.name, file: "/tmp/x")] }
        return random.pick(defects + (spec.cloudInit == nil ? [] : [.seedMissing, .seedOutdated]))
    }

    /// Something that happens to a host behind Lodge's back.
    mutating func drift(_ live: inout LiveHost) {
        for index in live.guests.indices where live.guests[index].definition.owner.fleet == Self.fleet {
            if random.chance(15) {
                live.guests[index].process = nil
                live.guests[index].state = .stopped
            } else if live.guests[index].hasProcess, random.chance(10) {
                live.guests[index].state = random.pick([.halted("paused"), .unresponsive("no answer in 2s")])
            }
            if live.guests[index].state == .running, random.chance(20), let spec = live.guests[index].process?.spec {
                live.guests[index].defects = [defect(of: spec)]
            }
            if random.chance(10), let disk = live.guests[index].definition.spec.disks.randomElement(using: &random) {
                live.guests[index].missingDisks = [disk.name]
            }
        }
        for index in live.networks.indices where live.networks[index].definition.owner.fleet == Self.fleet {
            if random.chance(15) { live.networks[index].defects = [random.pick(LiveNetwork.Defect.allCases)] }
        }
    }
}

func name(_ text: String) -> Name { Name(parsing: text)! }
