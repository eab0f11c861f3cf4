import FleetModel
import Glibc
import HostSystem

/// A single UDP datagram.
enum Datagram {
    /// Sends the bytes out of one interface, whatever the routes say. Needs CAP_NET_RAW.
    static func send(_ bytes: [UInt8], to address: IPv4Address, port: UInt16, by interface: String) throws {
        let subject = "a datagram to \(address) by \(interface)"
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError.now("send", subject) }
        defer { close(descriptor) }
        let bound = Array(interface.utf8)
        guard setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, bound, socklen_t(bound.count)) == 0 else {
            throw SystemError.now("send", subject)
        }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = address.bits.bigEndian
        let sent = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard sent == bytes.count else { throw SystemError.now("send", subject) }
    }
}
