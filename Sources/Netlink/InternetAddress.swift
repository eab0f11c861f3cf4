/// An IPv4 address (`struct in_addr`).
public struct InternetAddress: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The address as a number: `10.0.0.1` is `0x0A00_0001` on every machine.
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Reads four decimal numbers separated by dots. Leading zeros are refused, since some programs take them for octal.
    public init?(_ text: some StringProtocol) {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 4 else { return nil }
        var value: UInt32 = 0
        for field in fields {
            guard field.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                field.utf8.count == 1 || field.utf8.first != UInt8(ascii: "0"),
                let byte = UInt8(field)
            else { return nil }
            value = value << 8 | UInt32(byte)
        }
        rawValue = value
    }

    public static func < (left: InternetAddress, right: InternetAddress) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String {
        networkBytes.map(String.init).joined(separator: ".")
    }

    /// The four bytes in network byte order.
    var networkBytes: [UInt8] {
        [UInt8](memoryOf: rawValue.bigEndian)
    }
}
