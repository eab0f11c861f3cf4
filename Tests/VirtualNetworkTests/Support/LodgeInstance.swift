import FleetModel
import FoundationEssentials
import Glibc
import HostSystem
import TestSupport
import VirtualNetwork

/// One instance of Lodge on a lab's host. Every operation is a process of its own, so whatever it leaves outlives it.
struct LodgeInstance: Sendable {
    let lab: NetworkLab
    let id: InstanceID
    let layout: HostLayout

    struct Observation: Decodable {
        var networks: [LiveNetwork]
        var leftovers: [Leftover]
        /// Bytes a second to and from the guest, by the tap's name; 0 for none.
        var limits: [String: [Int64]]
    }

    init(_ lab: NetworkLab, _ id: String = "0a1b2c3d") {
        self.lab = lab
        self.id = InstanceID(parsing: id)!
        layout = HostLayout(stateFolder: "\(lab.folder)/\(id)/state", runFolder: "\(lab.folder)/\(id)/run")
    }

    func network(
        _ name: String = "lan", mode: NetworkSpec.Mode = .nat, subnet: String = "10.99.1.0/24"
    ) -> NetworkDefinition {
        let owner = Owner(instance: id, fleet: Name(parsing: "demo")!)
        let subnet = IPv4Subnet(parsing: subnet)!
        let spec = NetworkSpec(
            mode: mode, subnet: subnet, gateway: subnet.usable!.first,
            range: IPv4Range(first: IPv4Address(bits: subnet.base.bits + 100), last: subnet.usable!.last)!,
            domain: "demo.internal")
        let name = Name(parsing: name)!
        return NetworkDefinition(
            id: ObjectID(kind: .network, fleet: owner.fleet, name: name), owner: owner, name: name, spec: spec)
    }

    /// A guest with one NIC, the `number`-th address of the network.
    func guest(_ name: String, on network: NetworkDefinition, number: UInt32) -> GuestDefinition {
        let name = Name(parsing: name)!
        let nic = NICSpec(
            name: Name(parsing: "eth0")!, network: network.name, networkID: network.id,
            mac: MACAddress(bits: 0x5254_0000_0000 | UInt64(number)),
            ipv4: IPv4Address(bits: network.spec.subnet.base.bits + number))
        let spec = GuestSpec(
            cpus: 1, memory: ByteCount(parsing: "64MiB")!, machine: .q35, accelerator: .tcg, cpuModel: "max",
            nics: [nic])
        return GuestDefinition(
            id: ObjectID(kind: .guest, fleet: network.owner.fleet, name: name), owner: network.owner, name: name,
            spec: spec)
    }

    /// The tool beside this test's own program.
    private static let tool = "\(folder(of: "/proc/self/exe"))/NetworkTestTool"

    private static func folder(of link: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(link, &buffer, buffer.count)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }

    private func command(_ operation: String, _ operands: [String]) -> [String] {
        [Self.tool, layout.stateFolder, layout.runFolder, id.text, operation] + operands
    }

    static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    @discardableResult
    private func perform(_ operation: String, _ operands: String...) async throws -> String {
        try await lab.execute(command(operation, operands))
    }

    private func perform<Value: Decodable>(
        _ type: Value.Type, _ operation: String, _ operands: String...
    ) async throws -> Value {
        let text = try await lab.execute(command(operation, operands))
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    func observe() async throws -> Observation { try await perform(Observation.self, "observe") }
    func routes() async throws -> [HostFacts.Route] { try await perform([HostFacts.Route].self, "routes") }
    func warnings() async throws -> [String] { try await perform([String].self, "warnings") }
    func answers(_ nic: NICSpec) async throws -> Bool { try await perform(Bool.self, "answers", Self.json(nic)) }
    func ensure(_ network: NetworkDefinition) async throws { try await perform("ensure", Self.json(network)) }
    /// With another folder in the place of `/usr/sbin`.
    func ensure(_ network: NetworkDefinition, programs folder: String) async throws {
        let script = "mount --bind \(folder) /usr/sbin && exec \"$@\""
        try await lab.execute(
            ["unshare", "--mount", "sh", "-c", script, "sh"] + command("ensure", [Self.json(network)]))
    }
    /// Starts the operation and kills it.
    func beKilled(_ operation: String, _ network: NetworkDefinition, after delay: Duration) async throws {
        let pid = try await lab.start(command(operation, [Self.json(network)]))
        try await Task.sleep(for: delay)
        await lab.end(pid)
    }
    func remove(_ network: NetworkDefinition) async throws { try await perform("remove", Self.json(network)) }
    func rename(_ network: NetworkDefinition, to name: String) async throws {
        try await perform("rename", Self.json(network), name)
    }
    func reserve(_ guest: GuestDefinition, hostname: String) async throws {
        try await perform("reserve", Self.json(guest), hostname)
    }
    func release(_ guest: GuestDefinition) async throws { try await perform("release", Self.json(guest.reference)) }
    func removeLeftover(_ leftover: Leftover) async throws {
        try await perform("removeLeftover", Self.json(leftover))
    }
    func renameTaps(of guest: GuestDefinition, to name: String) async throws {
        try await perform("renameTaps", Self.json(guest), name)
    }
    /// The first NIC of a guest whose taps are held.
    func moveTap(_ guest: GuestDefinition) async throws { try await perform("moveTap", Self.json(guest)) }
    func limitTap(_ guest: GuestDefinition) async throws { try await perform("limitTap", Self.json(guest)) }
    func forgetTap(_ guest: GuestDefinition) async throws { try await perform("forgetTap", Self.json(guest)) }
    /// Opens the guest's taps and closes them at once.
    func tryTaps(_ guest: GuestDefinition) async throws { try await perform("holdTaps", Self.json(guest), "once") }

    /// Holds the guest's taps as QEMU would.
    ///
    /// - Returns: the holder's pid.
    func holdTaps(_ guest: GuestDefinition) async throws -> Int32 {
        let pid = try await lab.start(command("holdTaps", [Self.json(guest)]))
        try await eventually {
            let links = try await lab.ip(["-o", "link"])
            return guest.spec.nics.allSatisfy { nic in
                links.split(separator: "\n").contains {
                    $0.contains(tap(guest, nic.name.text)) && $0.contains(guest.mark)
                }
            }
        }
        return pid
    }

    func tap(_ guest: GuestDefinition, _ nic: String = "eth0") -> String {
        InterfaceName.tap(id, guest: guest.id, nic: Name(parsing: nic)!)
    }

    func defects(_ network: NetworkDefinition) async throws -> [LiveNetwork.Defect]? {
        try await observe().networks.first { $0.definition.id == network.id }?.defects
    }

    /// The pid of the network's DHCP server.
    func server(_ network: NetworkDefinition) -> Int32? {
        ProcessTable.all().first { process in
            process.arguments.last?.hasPrefix("--conf-file=\(layout.networkRun(network.id))/") ?? false
        }?.pid
    }
}
