/// A value whose one written form is a short text, in JSON as in manifests: names, addresses, digests.
public protocol TextCoded: Codable, Sendable, Hashable, CustomStringConvertible {
    /// Nil where the text is not a value of this type.
    init?(parsing text: String)
}

extension TextCoded {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(parsing: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "“\(text)” is no \(Self.self)")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
