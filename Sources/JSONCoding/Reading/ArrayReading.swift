/// An array of a document, for `Decodable`.
struct ArrayReading: UnkeyedDecodingContainer {
    let document: Document
    private let array: Int
    /// The node of the next element.
    private var node: Int
    private(set) var currentIndex = 0

    init(document: Document, array: Int) {
        self.document = document
        self.array = array
        node = array + 1
    }

    var codingPath: [any CodingKey] { document.path(to: array) }
    /// Not known without looking at every element.
    var count: Int? { nil }
    var isAtEnd: Bool { node >= document.nodes[array].end }

    /// The node of the next element, which then is the one behind it.
    private mutating func take(_ type: Any.Type) throws -> Int {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                type, .init(codingPath: codingPath, debugDescription: "there is no element \(currentIndex)"))
        }
        defer {
            node = Int(document.nodes[node].end)
            currentIndex += 1
        }
        return node
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, document.isNull(node) else { return false }
        _ = try take(Never.self)
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try document.bool(take(type)) }
    mutating func decode(_ type: String.Type) throws -> String { try document.string(take(type)) }
    mutating func decode(_ type: Double.Type) throws -> Double { try document.double(take(type)) }
    mutating func decode(_ type: Float.Type) throws -> Float { Float(try document.double(take(type))) }
    mutating func decode(_ type: Int.Type) throws -> Int { try document.integer(take(type)) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try document.integer(take(type)) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try document.integer(take(type)) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try document.integer(take(type)) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try document.integer(take(type)) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try document.integer(take(type)) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try document.integer(take(type)) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try document.integer(take(type)) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try document.integer(take(type)) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try document.integer(take(type)) }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try Value(from: ValueDecoder(document: document, node: take(type)))
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try ValueDecoder(document: document, node: take(type)).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try ValueDecoder(document: document, node: take([Any].self)).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        ValueDecoder(document: document, node: try take((any Decoder).self))
    }
}
