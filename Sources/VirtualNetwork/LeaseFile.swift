import FleetModel

/// What a DHCP server has lent, in the form of dnsmasq's lease file: expiry, MAC address, IP address, name and client
/// id, a line each (`lease.c` of dnsmasq).
struct LeaseFile {
    struct Lease: Hashable {
        var mac: MACAddress
        var address: IPv4Address
        /// As the client gave it (RFC 2132, option 61); empty: it gave none.
        var clientID: [UInt8]
    }

    /// The lines as they are.
    var lines: [Substring]

    init(text: String) { lines = text.split(separator: "\n") }

    var leases: [Lease] { lines.compactMap(Self.lease) }

    var text: String { lines.map { $0 + "\n" }.joined() }

    /// Strikes out the leases for which `predicate` holds.
    mutating func remove(where predicate: (Lease) -> Bool) {
        lines.removeAll { line in Self.lease(line).map(predicate) ?? false }
    }

    private static func lease(_ line: Substring) -> Lease? {
        let fields = line.split(separator: " ")
        guard fields.count >= 5, let mac = MACAddress(parsing: String(fields[1])),
            let address = IPv4Address(parsing: String(fields[2]))
        else { return nil }
        let clientID = fields[4] == "*" ? [] : fields[4].split(separator: ":").compactMap { UInt8($0, radix: 16) }
        return Lease(mac: mac, address: address, clientID: clientID)
    }
}
