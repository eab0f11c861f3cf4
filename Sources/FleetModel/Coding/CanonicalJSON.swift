import JSONCoding

public typealias JSONValue = JSONCoding.JSONValue

/// JSON with sorted keys and nothing between tokens: equal values give equal bytes.
public enum CanonicalJSON {
    public static func bytes(of value: some Encodable) -> [UInt8] {
        do { return try CompactJSON.encode(value) } catch {
            fatalError("\(type(of: value)) cannot be encoded as JSON: \(error)")
        }
    }
}
