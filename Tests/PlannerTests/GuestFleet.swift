import FleetModel
import Planner
import SimulatedHost
import Testing

/// One guest with everything on one host that has enough of everything.
struct GuestFleet {
    var desired = DesiredFleet(
        name: name("demo"), hosts: [DesiredHost(name: host)],
        networks: [
            DesiredNetwork(name: name("lan"), spec: FleetGenerator.network("10.1.0")),
            DesiredNetwork(name: name("wan"), spec: FleetGenerator.network("10.2.0")),
        ],
        images: [
            DesiredImage(name: name("base"), file: FleetGenerator.file("base-0"), format: .qcow2, virtualSize: .gib(1))
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
    private(set) var hosts: Hosts

    static let host = name("local")

    init(kvm: HostFacts.KVM = .works, _ change: (inout DesiredGuest) -> Void = { _ in }) throws {
        let facts = HostFacts(
            instance: InstanceID(parsing: "01234567")!, memory: .gib(16), cpus: 8, disk: .gib(100),
            diskAvailable: .gib(50), kvm: kvm, qemuVersion: "7.2.22", bootID: "boot")
        hosts = [Self.host: SimulatedState(live: LiveHost(facts: facts))]
        change(&desired.guests[0])
        try apply()
    }

    var guest: DesiredGuest {
        get { desired.guests[0] }
        set { desired.guests[0] = newValue }
    }

    var host: LiveHost { hosts[Self.host]!.live }

    var facts: HostFacts {
        get { hosts[Self.host]!.live.facts }
        set { hosts[Self.host]!.live.facts = newValue }
    }

    var live: LiveGuest {
        get { hosts[Self.host]!.live.guests[0] }
        set { hosts[Self.host]!.live.guests[0] = newValue }
    }

    /// Makes the host as if nothing had been applied, but for leftovers.
    mutating func clear(leaving leftovers: Leftover...) {
        let facts = hosts[Self.host]!.live.facts
        hosts[Self.host] = SimulatedState(live: LiveHost(facts: facts, leftovers: leftovers))
    }

    /// Installs and removes what guests may ask for.
    mutating func change(features: [HostFeature]) { hosts[Self.host]!.live.facts.features = features }

    /// Leaves something on the host.
    mutating func leave(_ leftover: Leftover) { hosts[Self.host]!.live.leftovers.append(leftover) }

    func plan(_ options: PlanOptions = PlanOptions()) -> Plan {
        makePlan(desired: desired, hosts: observe(hosts), options: options)
    }

    /// What the plan does to the guest.
    func change(_ options: PlanOptions = PlanOptions()) throws -> Change {
        try #require(plan(options).changes.first { $0.address.kind == .guest })
    }

    func field(_ path: String) throws -> Change.Field {
        let fields = try change().fields
        return try #require(fields.first { $0.path == path }, "\(fields.map(\.path))")
    }

    /// - Returns: the changes to the running guest.
    @discardableResult
    mutating func apply(_ options: PlanOptions = PlanOptions()) throws -> [LiveChange] {
        let plan = plan(options)
        #expect(plan.refusals.isEmpty, "\(plan.refusals.map(\.summary))")
        try perform(plan.steps, of: plan, on: &hosts)
        let rest = makePlan(desired: desired, hosts: observe(hosts))
        #expect(rest.isEmpty, "\(rest.changes.first.debugDescription)")
        return plan.steps.flatMap { step -> [LiveChange] in
            if case .changeGuest(_, let changes) = step.operation { changes } else { [] }
        }
    }

    /// Performs the plan up to where it defines the guest, which is cut off.
    mutating func interruptDefinition(_ options: PlanOptions = PlanOptions()) throws {
        for step in plan(options).steps {
            if case .defineGuest = step.operation { return try hosts[Self.host]!.interrupt(step.operation) }
            try hosts[Self.host]!.perform(step.operation)
        }
    }

    /// Performs the plan up to its change of the guest, which is cut off.
    mutating func interruptChange() throws {
        for step in plan().steps {
            if case .changeGuest = step.operation { return try hosts[Self.host]!.interrupt(step.operation) }
            try hosts[Self.host]!.perform(step.operation)
        }
    }
}

extension DesiredImage {
    /// The file of one that was measured.
    var file: LocalFile {
        get { if case .local(let file) = source { file } else { fatalError("\(name) is on the web") } }
        set { (source, digest) = (.local(newValue), newValue.digest) }
    }
}
