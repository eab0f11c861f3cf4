/// The name of an object in a manifest: lower-case letters, digits and inner hyphens, 1 to 40 characters
/// (`[a-z0-9]([-a-z0-9]*[a-z0-9])?`), so that it can be a file's, a host's and a DNS label's name alike.
public struct Name: TextCoded, Comparable {
    public static let maximumLength = 40

    public let text: String

    public init?(parsing text: String) {
        let bytes = text.utf8
        guard (1...Self.maximumLength).contains(bytes.count) else { return nil }
        let hyphen = UInt8(ascii: "-")
        guard bytes.allSatisfy({ ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == hyphen }),
            bytes.first != hyphen, bytes.last != hyphen
        else { return nil }
        self.text = text
    }

    public static func < (a: Name, b: Name) -> Bool { a.text < b.text }

    public var description: String { text }
}

extension Name: CodingKeyRepresentable {
    public var codingKey: any CodingKey { text.codingKey }

    public init?(codingKey: some CodingKey) { self.init(parsing: codingKey.stringValue) }
}
