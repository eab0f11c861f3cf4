import Crypto

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
public struct Digest: TextCoded, Comparable {
    public let text: String

    public init?(parsing text: String) {
        guard isLowerHex(text, count: 64) else { return nil }
        self.text = text
    }

    /// The digest of the bytes.
    public init(of bytes: some Sequence<UInt8>) {
        text = hexText(SHA256.hash(data: Array(bytes)))
    }

    /// The digest of the text's UTF-8 bytes.
    public init(of string: String) { self.init(of: string.utf8) }

    /// From the 32 bytes that a hash function gave.
    public init(bytes: some Sequence<UInt8>) { text = hexText(bytes) }

    public static func < (a: Digest, b: Digest) -> Bool { a.text < b.text }

    /// The first digits, enough for people to tell two apart.
    public var short: String { String(text.prefix(12)) }

    public var description: String { text }
}
