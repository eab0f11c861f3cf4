/// An IPv4 address with the length of its network prefix, such as `10.77.0.1/24`.
///
/// The bits after the prefix are kept: an interface's address has them, a route's destination has none.
public struct InternetPrefix: Hashable, Sendable, CustomStringConvertible {
    public let address: InternetAddress
    /// In bits, 0 to 32.
    public let length: Int

    /// - Returns: nil where `length` is not within 0 to 32.
    public init?(_ address: InternetAddress, length: Int) {
        guard (0...32).contains(length) else { return nil }
        self.address = address
        self.length = length
    }

    /// Reads an address, a slash and a decimal length.
    public init?(_ text: some StringProtocol) {
        let fields = text.split(separator: "/", omittingEmptySubsequences: false)
        guard fields.count == 2,
            let address = InternetAddress(fields[0]),
            (1...2).contains(fields[1].utf8.count), fields[1].allSatisfy(\.isNumber),
            let length = Int(fields[1])
        else { return nil }
        self.init(address, length: length)
    }

    public var description: String { "\(address)/\(length)" }
}
