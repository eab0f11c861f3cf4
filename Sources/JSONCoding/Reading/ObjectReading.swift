/// An object of a document, for `Decodable`.
struct ObjectReading<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let document: Document
    let object: Int

    var codingPath: [any CodingKey] { document.path(to: object) }
    var allKeys: [Key] { ((try? document.keys(of: object)) ?? []).compactMap { Key(stringValue: $0) } }

    /// The node of the key's value, or nil.
    private func find(_ key: Key) throws -> Int? { try document.member(key.stringValue, of: object) }

    private func require(_ key: Key) throws -> Int {
        if let node = try find(key) { return node }
        throw DecodingError.keyNotFound(
            key, .init(codingPath: codingPath, debugDescription: "there is no “\(key.stringValue)”"))
    }

    /// The node of the key's value, or nil where that is null or there is none.
    private func present(_ key: Key) throws -> Int? {
        guard let node = try find(key), !document.isNull(node) else { return nil }
        return node
    }

    private func value(_ node: Int) -> ValueDecoder { ValueDecoder(document: document, node: node) }

    func contains(_ key: Key) -> Bool { (try? find(key)) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { document.isNull(try require(key)) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try document.bool(require(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try document.string(require(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try document.double(require(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try document.double(require(key))) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try document.integer(require(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try document.integer(require(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try document.integer(require(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try document.integer(require(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try document.integer(require(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try document.integer(require(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try document.integer(require(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try document.integer(require(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try document.integer(require(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try document.integer(require(key)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: value(require(key)))
    }

    // The protocol's own asks three times for the key.
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try present(key).map { try Value(from: value($0)) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try value(require(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(require(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { value(object) }
    func superDecoder(forKey key: Key) throws -> any Decoder { value(try require(key)) }
}
