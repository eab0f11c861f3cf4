/// A value that outlives the program that wrote it, and says in a field `schema` which layout it has.
public protocol Versioned: Codable {
    /// The layout that is written.
    static var currentSchema: Int { get }
    /// How a document of each earlier layout becomes one of the next: first that from 1 to 2. The field `schema`
    /// itself is taken care of.
    static var upgrades: [@Sendable (inout JSONValue) -> Void] { get }
}

/// The document has a layout that this program does not know yet.
public struct NewerSchema: Error, Hashable, CustomStringConvertible {
    public let schema: Int
    /// The latest one that is known.
    public let known: Int

    public init(schema: Int, known: Int) { (self.schema, self.known) = (schema, known) }

    public var description: String { "it has schema \(schema), and \(known) is the latest that is known here" }
}

extension CompactJSON {
    private struct Layout: Decodable { var schema: Int? }

    /// Reads a value of its current or of any earlier layout. A document that does not say which one it has is of
    /// the first.
    ///
    /// - Throws: `NewerSchema`, whatever else the document holds; else as other values do.
    public static func decode<Value: Versioned>(versioned type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let document = ValueDecoder(document: try Document(bytes), node: 0)
        let schema = try Layout(from: document).schema ?? 1
        guard schema <= type.currentSchema else { throw NewerSchema(schema: schema, known: type.currentSchema) }
        guard schema < type.currentSchema else { return try Value(from: document) }
        guard schema > 0 else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "there is no schema \(schema)"))
        }
        var upgraded = try JSONValue(from: document)
        for upgrade in type.upgrades[(schema - 1)...] { upgrade(&upgraded) }
        upgraded["schema"] = .int(Int64(type.currentSchema))
        return try decode(type, from: encode(upgraded))
    }
}
