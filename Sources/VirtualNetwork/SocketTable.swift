import FleetModel
import HostSystem

/// The sockets of this network namespace, as `/proc/net/udp` and `/proc/net/tcp` list them.
enum SocketTable {
    /// What a server needs to have. It makes the last one last, and dies where it cannot.
    private enum Service { case dhcp, dns, dnsOverTCP }

    /// True where the process itself has all its sockets: those for DNS on the gateway's address, and the one for DHCP.
    static func serves(_ pid: Int32, gateway: IPv4Address) -> Bool {
        let descriptors = (try? Files.list("/proc/\(pid)/fd")) ?? []
        let inodes = Set(descriptors.compactMap { LinkTarget.read("/proc/\(pid)/fd/\($0)") })
        // The kernel prints the address as it lies in memory, the port and the state as numbers.
        let dns = hex(gateway.bits.bigEndian, digits: 8) + ":0035"
        let listens = "0A"
        var found: Set<Service> = []
        for protocolName in ["udp", "tcp"] {
            for line in (Files.text("/proc/self/net/\(protocolName)") ?? "").split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                guard fields.count > 9, inodes.contains("socket:[\(fields[9])]") else { continue }
                switch protocolName {
                case "tcp": if fields[1] == dns, fields[3] == listens { found.insert(.dnsOverTCP) }
                default:
                    if fields[1] == dns { found.insert(.dns) }
                    if fields[1].hasSuffix(":0043") { found.insert(.dhcp) }
                }
            }
        }
        return found.count == 3
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
