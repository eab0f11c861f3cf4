/// An Ethernet (MAC) address.
public struct HardwareAddress: Hashable, Sendable, CustomStringConvertible {
    /// The six bytes in the order in which they are sent.
    public let bytes: [UInt8]

    /// - Returns: nil unless there are exactly six bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads six pairs of hexadecimal digits separated by colons, such as `52:54:00:12:34:56`.
    public init?(_ text: some StringProtocol) {
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        let bytes = fields.compactMap { field in
            field.utf8.count == 2 && field.allSatisfy(\.isHexDigit) ? UInt8(field, radix: 16) : nil
        }
        guard fields.count == 6 else { return nil }
        self.init(bytes: bytes)
    }

    /// Lower-case hexadecimal digits separated by colons.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
