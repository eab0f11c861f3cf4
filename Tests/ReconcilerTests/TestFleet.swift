import FleetModel
import HostAgent
import Planner
import Reconciler
import SimulatedHost
import TestSupport

/// A fleet on simulated hosts, whose files are in a folder of the test's own.
struct TestFleet: Sendable {
    var desired: DesiredFleet
    let folder = TemporaryFolder()

    /// Guests with a disk on an image and a NIC on one network, spread over the hosts.
    init(guests: Int, hosts: Int = 2, memory: ByteCount = .mib(128)) {
        let policy = HostPolicy(memory: .gib(1_024), cpus: 4_096, disk: .gib(65_536))
        let subnet = IPv4Subnet(parsing: "10.64.0.0/16")!
        let range = IPv4Range(parsing: "10.64.1.0-10.64.255.254")!
        let readiness = Readiness(.address, timeout: .seconds(5))
        desired = DesiredFleet(
            name: name("demo"),
            hosts: (0..<hosts).map { DesiredHost(name: name("host-\($0)"), connection: .simulated, policy: policy) },
            networks: [
                DesiredNetwork(
                    name: name("lan"),
                    spec: NetworkSpec(mode: .nat, subnet: subnet, gateway: subnet.usable!.first, range: range))
            ],
            images: [
                DesiredImage(
                    name: name("base"), file: LocalFile(path: "/base.qcow2", digest: digest("a"), size: .mib(1)),
                    format: .qcow2, virtualSize: .mib(512))
            ],
            guests: (0..<guests).map {
                DesiredGuest(
                    name: name("guest-\($0)"), host: name("host-\($0 % hosts)"), memory: memory,
                    disks: [DesiredDisk(name: name("root"), image: name("base"), size: .gib(1))],
                    nics: [DesiredNIC(name: name("eth0"), network: name("lan"))], ready: readiness)
            })
    }

    func with<Output: Sendable>(_ body: @escaping @Sendable (Connections) async -> Output) async -> Output {
        await withConnections(to: desired.hosts, layout: folder.layout, body)
    }

    func plan(_ connections: Connections) async -> Plan {
        makePlan(desired: desired, hosts: await observe(connections))
    }

    /// What is left to do, as somebody sees it who comes later.
    var rest: Plan {
        get async { await with { await plan($0) } }
    }

    /// Locks, plans and applies with each session wrapped.
    @discardableResult
    func run(
        parallelism: Int = 4, stop: StopRequest = StopRequest(), log: EventLog = EventLog(),
        wrapping wrap: @escaping @Sendable (any HostSession) -> any HostSession = { $0 }
    ) async -> (plan: Plan, outcome: ApplyOutcome) {
        await with { connections in
            try! await lock(connections, holder: "test", timeout: .seconds(10))
            let plan = await plan(connections)
            let wrapped = connections.mapValues { $0.map(wrap) }
            return (plan, await apply(plan, on: wrapped, parallelism: parallelism, stop: stop, report: log.add))
        }
    }
}
