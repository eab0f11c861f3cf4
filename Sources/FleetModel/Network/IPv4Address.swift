/// An IPv4 address, written in dotted decimal without leading zeros.
public struct IPv4Address: TextCoded, Comparable {
    /// The address in host byte order.
    public let bits: UInt32

    public init(bits: UInt32) { self.bits = bits }

    public init?(parsing text: String) {
        var bits: UInt32 = 0
        var parts = 0
        for part in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30 else { return nil }
            var value: UInt32 = 0
            for byte in part {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + UInt32(byte - 0x30)
            }
            guard value <= 255 else { return nil }
            bits = bits << 8 | value
            parts += 1
        }
        guard parts == 4 else { return nil }
        self.bits = bits
    }

    public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.bits < b.bits }

    public var description: String { "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)" }
}
