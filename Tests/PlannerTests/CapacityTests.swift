import FleetModel
import Planner
import SimulatedHost
import Testing

/// A host with little room: 4 GiB for guests.
@Suite struct CapacityTests {
    private let host = name("local")

    private func state(memory: ByteCount = .gib(6)) -> SimulatedState {
        let facts = HostFacts(
            instance: InstanceID(parsing: "01234567")!, memory: memory, cpus: 4, disk: .gib(100),
            diskAvailable: .gib(50), kvm: .unusable("no /dev/kvm"), qemuVersion: "7.2.22", bootID: "boot")
        return SimulatedState(live: LiveHost(facts: facts))
    }

    /// - Parameter restarting: Guests that take their memory with a restart.
    private func fleet(_ guests: [(String, Int64)], restarting: Set<String> = []) -> DesiredFleet {
        DesiredFleet(
            name: name("demo"), hosts: [DesiredHost(name: host)], networks: [], images: [],
            guests: guests.map {
                DesiredGuest(
                    name: name($0.0), memory: .mib($0.1), cpuModel: restarting.contains($0.0) ? "Nehalem" : nil)
            })
    }

    private func applied(_ guests: [(String, Int64)]) throws -> SimulatedState {
        var hosts = [host: state()]
        let plan = makePlan(desired: fleet(guests), hosts: observe(hosts))
        try #require(plan.refusals.isEmpty)
        try perform(plan.steps, of: plan, on: &hosts)
        return hosts[host]!
    }

    /// One guest shrinks and makes the room that another needs: only the latter's start waits. What is new takes what
    /// is free already.
    @Test(arguments: 0..<20) func memoryIsFreedBeforeItIsTaken(seed: Int) throws {
        var hosts = [host: try applied([("a", 2000), ("b", 500), ("c", 300)])]
        let desired = fleet([("a", 500), ("b", 2000), ("c", 300), ("d", 400)], restarting: ["a", "b"])
        let plan = makePlan(desired: desired, hosts: observe(hosts))
        #expect(plan.refusals.isEmpty)
        let capacity = plan.capacity[0]
        #expect(capacity.peak.memory == max(capacity.before.memory, capacity.after.memory))
        #expect(worstMemory(of: plan, host: host, before: capacity.before.memory) == capacity.peak.memory)
        let stop = try #require(plan.steps.first { $0.verb == "stop" && $0.address.name.text == "a" })
        let waiting = plan.steps.filter { $0.verb == "start" && $0.needs.contains(stop.id) }.map(\.address.name.text)
        #expect(waiting == ["b"])
        var random = SeededGenerator(seed: UInt64(seed))
        try perform(linearExtension(of: plan, using: &random), of: plan, on: &hosts)
        #expect(makePlan(desired: desired, hosts: observe(hosts)).isEmpty)
    }

    /// Where there is room for both, nothing waits.
    @Test func withRoomEachGuestKeepsToItself() throws {
        let hosts = [host: try applied([("a", 800), ("b", 500)])]
        let plan = makePlan(
            desired: fleet([("a", 500), ("b", 800)], restarting: ["a", "b"]), hosts: observe(hosts))
        let stops = plan.steps.filter { $0.verb == "stop" }
        #expect(stops.count == 2)
        let start = try #require(plan.steps.first { $0.verb == "start" && $0.address.name.text == "b" })
        #expect(!start.needs.contains(stops[0].id))
        #expect(
            plan.capacity[0].peak.memory == plan.capacity[0].before.memory + .mib(300)
                + ByteCount(bytes: (300 << 20) / 512))
    }

    /// What is in a balloon is still the guest's: it frees nothing for another one.
    @Test func aBalloonFreesNothing() throws {
        let hosts = [host: try applied([("a", 3000)])]
        let plan = makePlan(desired: fleet([("a", 500), ("b", 2000)]), hosts: observe(hosts))
        #expect(plan.refusals.map(\.code) == ["capacity-memory"])
        let step = try #require(plan.steps.first { $0.address.name.text == "a" })
        #expect(step.memoryDelta == 0)
    }

    /// Memory that was plugged in is given back, and counts while it is there.
    @Test func pluggedMemoryIsCounted() throws {
        var hosts = [host: state()]
        var desired = fleet([("a", 500)])
        desired.guests[0].maxMemory = .gib(3)
        for size in [500, 1500, 700, 2500] as [Int64] {
            desired.guests[0].memory = .mib(size)
            let plan = makePlan(desired: desired, hosts: observe(hosts))
            let before = plan.capacity[0].before.memory
            let delta = plan.steps.reduce(0) { $0 + $1.memoryDelta }
            #expect(plan.capacity[0].after.memory.bytes == before.bytes + delta)
            try perform(plan.steps, of: plan, on: &hosts)
            #expect(observedCapacity(of: hosts[host]!.live, name: host).after.memory == plan.capacity[0].after.memory)
            #expect(hosts[host]!.live.guests[0].process?.bootMemory == .mib(500))
        }
    }

    @Test func whatDoesNotFitIsRefusedWithTheArithmetic() throws {
        let plan = makePlan(desired: fleet([("big", 3000), ("small", 1200)]), hosts: observe([host: state()]))
        #expect(plan.refusals.map(\.code) == ["capacity-memory"])
        #expect(plan.refusals[0].summary == "host.local lacks 329MiB of memory for this plan")
        #expect(
            plan.refusals[0].detail == """
                allocatable    4GiB  (6GiB measured - 2GiB reserved)
                needed       4.3GiB  at the end of the apply:
                               3GiB  guest.big, started by this plan
                             1.2GiB  guest.small, started by this plan
                """)
        #expect(
            plan.refusals[0].help
                == "lower memory by 329MiB in total, or leave guest.small (1.2GiB) stopped with power: stopped")
    }

    @Test func stoppedGuestsTakeNoMemory() {
        var desired = fleet([("big", 3000), ("small", 1200)])
        desired.guests[1].power = .stopped
        let plan = makePlan(desired: desired, hosts: observe([host: state()]))
        #expect(plan.refusals.isEmpty)
        #expect(plan.steps.map(\.verb) == ["create", "start", "create"])
    }

    @Test func processorsAreCounted() {
        var desired = fleet([("a", 100)])
        desired.guests[0].cpus = 9
        #expect(makePlan(desired: desired, hosts: observe([host: state()])).refusals.map(\.code) == ["capacity-cpu"])
    }

    @Test func filesThatDoNotFitAreRefusedWithTheArithmetic() {
        var desired = fleet([("a", 100)])
        let file = LocalFile(path: "/files/base", digest: FleetGenerator.digest("base"), size: .gib(60))
        desired.images = [DesiredImage(name: name("base"), file: file, format: .qcow2, virtualSize: .gib(1))]
        desired.guests[0].disks = [DesiredDisk(name: name("root"), image: name("base"), size: .gib(2))]
        let plan = makePlan(desired: desired, hosts: observe([host: state()]))
        #expect(plan.refusals.map(\.summary) == ["host.local lacks 10GiB of disk for this plan"])
        #expect(
            plan.refusals.first?.detail == """
                allocatable  50GiB  free on the host's disk
                needed       60GiB  to be copied to the host:
                             60GiB  /files/base
                """)
    }

    /// Disks are thin: what they may grow to is no reason to refuse, but nobody is to be surprised by it.
    @Test func disksThatMayOutgrowWhatIsFreeAreWarnedOf() throws {
        var hosts = [host: state()]
        var desired = fleet([("a", 100)])
        func warnings() -> [Diagnostic] { makePlan(desired: desired, hosts: observe(hosts)).warnings }
        desired.guests[0].disks = [.init(name: name("data"), size: .gib(50))]
        #expect(warnings() == [])
        desired.guests[0].disks[0].size = .gib(60)
        #expect(warnings().map(\.code) == ["capacity-disk-promised"])
        #expect(
            warnings().first?.summary == "host.local: its disks may grow to 60GiB together, and it has 50GiB for them")

        // What the disks have by now is theirs to fill again.
        hosts[host]!.live.facts.diskHeld = .gib(10)
        #expect(warnings() == [])
        hosts[host]!.live.facts.diskHeld = .gib(9)
        #expect(
            warnings().first?.detail == """
                promised   60GiB, 60GiB of it by this plan
                available  50GiB free, and 9GiB that they take now
                """)
        let plan = makePlan(desired: desired, hosts: observe(hosts))
        #expect(plan.refusals == [])
        try perform(plan.steps, of: plan, on: &hosts)
        #expect(warnings() == [], "nothing is added any more")
        desired.guests[0].memory = .mib(200)
        #expect(warnings() == [])
        desired.guests[0].disks.append(.init(name: name("more"), size: .gib(1)))
        #expect(warnings().map(\.code) == ["capacity-disk-promised"])
    }

    /// A disk that was removed and whose file was kept still takes its place.
    @Test func keptDisksCount() throws {
        var hosts = [host: state()]
        var desired = fleet([("a", 100)])
        desired.guests[0].disks = [.init(name: name("data"), size: .gib(7)), .init(name: name("logs"), size: .gib(1))]
        let first = makePlan(desired: desired, hosts: observe(hosts))
        try perform(first.steps, of: first, on: &hosts)
        desired.guests[0].disks.removeFirst()
        let second = makePlan(desired: desired, hosts: observe(hosts))
        #expect(second.capacity[0].after.disk == .gib(8))
        try perform(second.steps, of: second, on: &hosts)
        #expect(observedCapacity(of: hosts[host]!.live, name: host).before.disk == .gib(8))
    }
}
