/// JSON for what is written and read by the thousand: a `Codable` value to bytes and back.
///
/// Foundation's coders do the same; these build no tree of boxed values and no dictionary for each object, and take
/// less than half of the time. What they leave out: `Data`, `Date` and `URL` have no special form, and a class cannot
/// code its superclass apart.
public enum CompactJSON {
    /// The deepest nesting that is read.
    public static let depthLimit = 256

    /// The value with nothing between tokens and the keys of every object sorted by the bytes that are written for
    /// them: equal values give equal bytes.
    ///
    /// - Throws: `EncodingError` where a number is not finite, and what the value's own `encode` throws.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let output = Output()
        try output.write(value)
        return output.text.bytes
    }

    /// - Throws: `DecodingError` with the place in the document, where the bytes are no JSON in UTF-8 or hold
    ///   something else.
    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try Value(from: ValueDecoder(document: try Document(bytes), node: 0))
    }
}
