/// How plans, flags and errors name an object: `guest.web-1`, `network.lan`.
public struct ResourceAddress: TextCoded, Comparable {
    public let kind: Kind
    public let name: Name

    public init(_ kind: Kind, _ name: Name) {
        self.kind = kind
        self.name = name
    }

    /// A leftover's address: what it is and where it lies have no name of their own, so their digest stands for them.
    public init(_ leftover: Leftover) {
        let digest = Digest(of: "\(leftover.kind.rawValue)/\(leftover.subject)").short
        // Hexadecimal digits are a valid name.
        self.init(.leftover, Name(parsing: digest)!)
    }

    public init?(parsing text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), let name = Name(parsing: String(parts[1]))
        else { return nil }
        self.init(kind, name)
    }

    public static func < (a: ResourceAddress, b: ResourceAddress) -> Bool {
        a.kind == b.kind ? a.name < b.name : a.kind < b.kind
    }

    public var description: String { "\(kind.rawValue).\(name)" }
}
