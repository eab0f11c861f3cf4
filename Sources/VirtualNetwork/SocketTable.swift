import FleetModel
import HostSystem

/// The UDP sockets of this network namespace, as `/proc/net/udp` lists them.
enum SocketTable {
    /// True where the process itself has both a socket for DNS on the gateway's address and one for DHCP.
    static func serves(_ pid: Int32, gateway: IPv4Address) -> Bool {
        let descriptors = (try? Files.list("/proc/\(pid)/fd")) ?? []
        let inodes = Set(descriptors.compactMap { LinkTarget.read("/proc/\(pid)/fd/\($0)") })
        // The kernel prints the address as it lies in memory, the port as a number.
        let dns = hex(gateway.bits.bigEndian, digits: 8) + ":0035"
        var found: Set<String> = []
        for line in (Files.text("/proc/self/net/udp") ?? "").split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 9, inodes.contains("socket:[\(fields[9])]") else { continue }
            if fields[1] == dns { found.insert("dns") }
            if fields[1].hasSuffix(":0043") { found.insert("dhcp") }
        }
        return found.count == 2
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
