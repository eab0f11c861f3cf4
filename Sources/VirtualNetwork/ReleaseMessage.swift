import FleetModel
import Glibc
import HostSystem

/// DHCPRELEASE (RFC 2131): gives a lease back in its client's place, so that the server forgets address and name at
/// once and need not be restarted.
struct ReleaseMessage {
    let lease: LeaseFile.Lease
    let server: IPv4Address

    /// The message, without UDP's header.
    var bytes: [UInt8] {
        var bytes: [UInt8] = [1, 1, 6, 0]  // BOOTREQUEST, Ethernet, 6 octets of address, no hops
        bytes += octets(UInt32(truncatingIfNeeded: lease.mac.bits))  // transaction id: any, there is no reply
        bytes += [0, 0, 0, 0]  // seconds, flags
        bytes += octets(lease.address.bits)  // ciaddr: the address given back
        bytes += [UInt8](repeating: 0, count: 12)  // yiaddr, siaddr, giaddr
        bytes += lease.mac.octets + [UInt8](repeating: 0, count: 10)  // chaddr, of 16 octets
        bytes += [UInt8](repeating: 0, count: 64 + 128)  // sname, file
        bytes += [0x63, 0x82, 0x53, 0x63]  // options follow
        bytes += [53, 1, 7]  // message type: DHCPRELEASE
        bytes += [54, 4] + octets(server.bits)  // server identifier
        if !lease.clientID.isEmpty { bytes += [61, UInt8(lease.clientID.count)] + lease.clientID }
        return bytes + [255]
    }

    /// Sends it to the server from this very host, as if it had come in by the bridge.
    func send(by bridge: String) throws {
        try Datagram.send(bytes, to: server, port: 67, by: bridge)
    }

    private func octets(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
