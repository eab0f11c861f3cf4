import FleetModel
import Glibc
import HostSystem
import SystemPackage

/// Whether the host passes IPv4 packets on between its interfaces, which NAT needs.
///
/// It is the host's setting, not ours: that we switched it on is kept in the run folder, which goes with a reboot as
/// the setting does.
struct Forwarding {
    let layout: HostLayout
    let marks: OwnershipMarks

    private static let setting = "/proc/sys/net/ipv4/ip_forward"
    private var record: String { "\(layout.networkRunsFolder)/ip_forward.was-off" }

    static var isOn: Bool { Files.text(setting)?.hasPrefix("1") ?? false }

    func ensure() throws {
        guard !Self.isOn else { return }
        try Files.makeFolder(layout.networkRunsFolder)
        // The record first: a switch that nobody remembers would stay on for ever.
        try DurableFile.write([], to: record)
        try Self.set("1")
    }

    /// Switches it off again where this instance had switched it on and nobody else does NAT by now: another Lodge, or
    /// a container engine that found it on, would be cut off.
    func restore() async throws {
        guard Files.exists(record) else { return }
        let others = try await NFTables.baseChains().contains {
            $0.type == "nat" && marks.network(ofTable: $0.table) == nil
        }
        if !others { try Self.set("0") }
        try Files.remove(record)
    }

    /// The kernel takes the value from one write(2); a temporary file and rename have no place there.
    private static func set(_ value: String) throws {
        let file = open(setting, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError.now("open", setting) }
        defer { close(file) }
        guard write(file, value, 1) == 1 else { throw SystemError.now("write", setting) }
    }
}
