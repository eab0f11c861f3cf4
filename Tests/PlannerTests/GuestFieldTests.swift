import FleetModel
import Planner
import SimulatedHost
import Testing

/// One change of a manifest each, and the impact that a plan shows for it.
@Suite struct GuestFieldTests {
    private struct Case: CustomTestStringConvertible {
        let path: String
        let impact: Impact
        var action = Change.Action.update
        let change: @Sendable (inout DesiredFleet) -> Void
        var testDescription: String { path }
    }

    private static let cases: [Case] = [
        Case(path: "labels", impact: .live) { $0.guests[0].labels = ["tier": "web"] },
        Case(path: "cpus", impact: .live) { $0.guests[0].cpus = 3 },
        Case(path: "cpus", impact: .live) { $0.guests[0].cpus = 1 },
        Case(path: "cpus", impact: .restart) { $0.guests[0].cpus = 5 },
        Case(path: "maxCpus", impact: .live) { $0.guests[0].maxCPUs = 8 },
        Case(path: "memory", impact: .live) { $0.guests[0].memory = .mib(512) },
        Case(path: "memory", impact: .live) { $0.guests[0].memory = .mib(128) },
        Case(path: "memory", impact: .restart) {
            ($0.guests[0].memory, $0.guests[0].maxMemory) = (.gib(2), .gib(2))
        },
        Case(path: "maxMemory", impact: .live) { $0.guests[0].maxMemory = .gib(2) },
        Case(path: "protect", impact: .live) { $0.guests[0].isProtected = true },
        Case(path: "machine", impact: .replace, action: .replace) { $0.guests[0].machine = .microvm },
        Case(path: "accelerator", impact: .restart) { $0.guests[0].accelerator = .tcg },
        Case(path: "cpu.model", impact: .restart) { $0.guests[0].cpuModel = "Nehalem" },
        Case(path: "firmware", impact: .restart) { $0.guests[0].firmware = .uefi },
        Case(path: "firmware", impact: .restart) { $0.guests[0].firmware = .uefiSecure },
        Case(path: "tpm", impact: .restart) { $0.guests[0].hasTPM = true },
        Case(path: "devices", impact: .replace, action: .replace) {
            ($0.guests[0].machine, $0.guests[0].devices) = (.pc, .legacy)
        },
        Case(path: "display", impact: .restart) { $0.guests[0].display = .vnc },
        Case(path: "boot.kernel", impact: .restart) {
            $0.guests[0].boot = .kernel(FleetGenerator.file("vmlinuz"), initrd: nil, cmdline: "")
        },
        Case(path: "disks.root.image", impact: .replace, action: .replace) {
            $0.images[0].file = FleetGenerator.file("base-1")
        },
        Case(path: "disks.root.size", impact: .live) { $0.guests[0].disks[0].size = .gib(3) },
        Case(path: "disks.root.size", impact: .replace, action: .replace) { $0.guests[0].disks[0].size = .gib(1) },
        Case(path: "disks.data.size", impact: .live) { $0.guests[0].disks[1].size = .gib(3) },
        Case(path: "disks.data.size", impact: .destroy) { $0.guests[0].disks[1].size = .mib(10) },
        Case(path: "disks.data.image", impact: .destroy) { $0.guests[0].disks[1].image = name("base") },
        Case(path: "disks.data", impact: .live) { $0.guests[0].disks.removeLast() },
        Case(path: "disks.logs", impact: .live) {
            $0.guests[0].disks.append(DesiredDisk(name: name("logs"), size: .gib(1)))
        },
        Case(path: "disks.order", impact: .restart) { $0.guests[0].disks.reverse() },
        Case(path: "nics.eth0", impact: .live) { $0.guests[0].nics = [] },
        Case(path: "nics.eth0.mac", impact: .restart) {
            $0.guests[0].nics[0].mac = MACAddress(parsing: "52:54:00:00:00:01")
        },
        Case(path: "nics.eth0.ipv4", impact: .restart) {
            $0.guests[0].nics[0].ipv4 = IPv4Address(parsing: "10.1.0.5")
        },
        Case(path: "cloudInit.hostname", impact: .live) { $0.guests[0].cloudInit?.hostname = "www" },
        Case(path: "cloudInit.users", impact: .live) { $0.guests[0].cloudInit?.users = [.init(name: "me")] },
        Case(path: "cloudInit.userData", impact: .live) {
            $0.guests[0].cloudInit?.userData = "#cloud-config\na: 2\n"
        },
        Case(path: "cloudInit.userData", impact: .restart) {
            $0.guests[0].cloudInit = CloudInit(userData: "#!/bin/sh", onChange: .restart)
        },
        Case(path: "cloudInit.userData", impact: .replace, action: .replace) {
            $0.guests[0].cloudInit = CloudInit(userData: "#!/bin/sh", onChange: .replace)
        },
        Case(path: "cloudInit.packages", impact: .live) { $0.guests[0].cloudInit?.packages = ["nginx"] },
        Case(path: "cloudInit.runCommands", impact: .restart) {
            $0.guests[0].cloudInit?.runCommands = ["true"]
            $0.guests[0].cloudInit?.onChange = .restart
        },
        Case(path: "cloudInit.writeFiles", impact: .live) {
            $0.guests[0].cloudInit?.writeFiles = [.init(path: "/etc/motd", content: "hello")]
        },
        Case(path: "cloudInit.networkConfig", impact: .replace, action: .replace) {
            $0.guests[0].cloudInit?.networkConfig = "version: 2\n"
            $0.guests[0].cloudInit?.onChange = .replace
        },
        Case(path: "cloudInit.userData", impact: .live) { $0.guests[0].cloudInit = nil },
        Case(path: "cloudInit.onChange", impact: .live) { $0.guests[0].cloudInit?.onChange = .replace },
        Case(path: "valueFrom", impact: .live) { $0.guests[0].secrets = ["cloudInit.userData": .file("/s")] },
        Case(path: "disks.root.iops", impact: .live) { $0.guests[0].disks[0].iops = 100 },
        Case(path: "disks.data.bandwidth", impact: .live) { $0.guests[0].disks[1].bandwidth = .megabits(80) },
        Case(path: "disks.data.onRemove", impact: .live) { $0.guests[0].disks[1].onRemove = .delete },
        Case(path: "nics.eth0.bandwidth", impact: .live) { $0.guests[0].nics[0].bandwidth = .megabits(10) },
        Case(path: "nics.eth0.network", impact: .live) { $0.guests[0].nics[0].network = name("wan") },
        Case(path: "nics.eth1", impact: .live) {
            $0.guests[0].nics.append(DesiredNIC(name: name("eth1"), network: name("wan")))
        },
        Case(path: "nics.eth5", impact: .restart) { fleet in
            fleet.guests[0].nics += (1...5).map { DesiredNIC(name: name("eth\($0)"), network: name("wan")) }
        },
        Case(path: "power", impact: .restart) { $0.guests[0].power = .stopped },
        Case(path: "stop.graceful", impact: .live) { $0.guests[0].stopGrace = .seconds(1) },
        Case(path: "name", impact: .live) {
            $0.guests[0].formerly = $0.guests[0].name
            $0.guests[0].name = name("www")
        },
    ]

    private static let fleet = DesiredFleet(
        name: name("demo"), hosts: [DesiredHost(name: name("local"))],
        networks: [
            DesiredNetwork(name: name("lan"), spec: FleetGenerator.network("10.1.0")),
            DesiredNetwork(name: name("wan"), spec: FleetGenerator.network("10.2.0")),
        ],
        images: [
            DesiredImage(
                name: name("base"), file: FleetGenerator.file("base-0"), format: .qcow2, virtualSize: .gib(1))
        ],
        guests: [
            DesiredGuest(
                name: name("web"), cpus: 2, maxCPUs: 4, memory: .mib(256), maxMemory: .gib(1),
                disks: [
                    DesiredDisk(name: name("root"), image: name("base"), size: .gib(2)),
                    DesiredDisk(name: name("data"), size: .gib(1)),
                ],
                nics: [DesiredNIC(name: name("eth0"), network: name("lan"))],
                cloudInit: CloudInit(userData: "#cloud-config\na: 1\n"))
        ])

    private func applied() throws -> Hosts {
        let facts = HostFacts(
            instance: InstanceID(parsing: "01234567")!, memory: .gib(8), cpus: 4, disk: .gib(100),
            diskAvailable: .gib(50), kvm: .works, qemuVersion: "7.2.22", bootID: "boot")
        var hosts = [name("local"): SimulatedState(live: LiveHost(facts: facts))]
        let plan = makePlan(desired: Self.fleet, hosts: observe(hosts))
        try perform(plan.steps, of: plan, on: &hosts)
        return hosts
    }

    @Test(arguments: cases) private func theImpactIs(_ this: Case) throws {
        var hosts = try applied()
        var desired = Self.fleet
        this.change(&desired)
        let plan = makePlan(desired: desired, hosts: observe(hosts))
        #expect(plan.refusals.isEmpty)
        let change = try #require(plan.changes.first { $0.address.kind == .guest })
        #expect(change.fields.contains { $0.path == this.path && $0.impact == this.impact }, "\(change.fields)")
        #expect(change.action == this.action)
        #expect(change.impact == this.impact)
        #expect(plan.steps.contains { $0.verb == "stop" } == (this.impact >= .restart), "\(plan.steps.map(\.verb))")
        try perform(plan.steps, of: plan, on: &hosts)
        #expect(makePlan(desired: desired, hosts: observe(hosts)).isEmpty)
    }

    @Test func addressesOutliveARename() throws {
        let hosts = try applied()
        var desired = Self.fleet
        desired.guests[0].formerly = desired.guests[0].name
        desired.guests[0].name = name("www")
        let change = try #require(makePlan(desired: desired, hosts: observe(hosts)).changes.first)
        #expect(change.before == change.after)
        #expect(change.renamedFrom == name("web"))
    }

    @Test func aMoveIsRefused() throws {
        var hosts = try applied()
        hosts[name("other")] = hosts[name("local")]
        hosts[name("other")]?.live.guests = []
        var desired = Self.fleet
        desired.hosts.append(DesiredHost(name: name("other")))
        desired.guests[0].host = name("other")
        #expect(makePlan(desired: desired, hosts: observe(hosts)).refusals.map(\.code) == ["guest-move"])
    }

    @Test func nothingIsPlannedFromAHostThatWasNotObserved() throws {
        var desired = Self.fleet
        desired.hosts.append(DesiredHost(name: name("other")))
        var observations = observe(try applied())
        observations[name("other")] = .unreachable(.error("unreachable", "host.other does not answer"))
        #expect(makePlan(desired: desired, hosts: observations).isEmpty)
        observations[name("local")] = .unreachable(.error("unreachable", "host.local does not answer"))
        let plan = makePlan(desired: desired, hosts: observations)
        #expect(plan.isEmpty && plan.unreachable.count == 2)
        #expect(plan.warnings.map(\.code) == ["guest-not-planned"])
    }

    @Test func anOverlapWithTheHostIsRefused() throws {
        var hosts = try applied()
        hosts[name("local")]?.live.networks = []
        hosts[name("local")]?.live.facts.routes = [
            .init(subnet: IPv4Subnet(parsing: "10.0.0.0/8")!, interface: "eth0")
        ]
        let plan = makePlan(desired: Self.fleet, hosts: observe(hosts))
        #expect(plan.refusals.map(\.code) == ["subnet-overlap"])
    }
}
