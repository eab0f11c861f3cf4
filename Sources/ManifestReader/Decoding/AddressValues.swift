import FleetModel

extension ValueType where Value == IPv4Address {
    static var address: Self { .parsed("an IPv4 address", example: "10.77.0.10") }
}

extension ValueReader {
    /// Whether a gateway or guest can have the address; reports it where not.
    func isUsable(_ address: IPv4Address, in subnet: IPv4Subnet, at node: NodeIndex) -> Bool {
        guard let usable = subnet.usable, !usable.contains(address) else { return true }
        guard subnet.contains(address) else {
            report(
                .addressOutsideSubnet, at: node, "\(address) is not in the subnet \(subnet)",
                help: "write an address within \(usable)")
            return false
        }
        let what = address == subnet.base ? "the network's own address" : "the broadcast address"
        report(
            .reservedAddress, at: node, "\(address) is \(what) of \(subnet)",
            help: "write an address within \(usable)")
        return false
    }
}

/// RFC 1123: labels of 1 to 63 letters, digits and inner hyphens, with dots between, 253 characters at most.
func isDomainName(_ text: String) -> Bool {
    text.utf8.count <= 253
        && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && isAlphanumeric(label.first!) && isAlphanumeric(label.last!)
                && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
}
