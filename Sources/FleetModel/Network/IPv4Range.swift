/// Addresses from `first` to `last`, both included, written `10.77.0.100-10.77.0.199`.
public struct IPv4Range: TextCoded {
    public let first: IPv4Address
    public let last: IPv4Address

    /// Nil where `last` lies before `first`.
    public init?(first: IPv4Address, last: IPv4Address) {
        guard first <= last else { return nil }
        self.first = first
        self.last = last
    }

    public init?(parsing text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = IPv4Address(parsing: String(parts[0])),
            let last = IPv4Address(parsing: String(parts[1]))
        else { return nil }
        self.init(first: first, last: last)
    }

    public var count: UInt64 { UInt64(last.bits) - UInt64(first.bits) + 1 }

    public func contains(_ address: IPv4Address) -> Bool { first <= address && address <= last }

    public var description: String { "\(first)-\(last)" }
}
