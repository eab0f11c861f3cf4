/// An Ethernet address, 48 bits, written `52:54:00:12:34:56` in lower case.
public struct MACAddress: TextCoded, Comparable {
    /// The six octets, the first one in bits 40 to 47.
    public let bits: UInt64

    public init(bits: UInt64) { self.bits = bits & 0xFFFF_FFFF_FFFF }

    public init?(parsing text: String) {
        var bits: UInt64 = 0
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        for part in parts {
            guard part.count == 2, let high = hexDigit(part.first!), let low = hexDigit(part.last!) else { return nil }
            bits = bits << 8 | UInt64(high << 4 | low)
        }
        self.bits = bits
    }

    public var octets: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: bits >> (40 - 8 * $0)) } }

    /// True for a group address, which no NIC may have as its own (IEEE 802, the lowest bit of the first octet).
    public var isMulticast: Bool { bits >> 40 & 1 == 1 }

    public static func < (a: MACAddress, b: MACAddress) -> Bool { a.bits < b.bits }

    public var description: String { octets.map { hexText([$0]) }.joined(separator: ":") }
}
