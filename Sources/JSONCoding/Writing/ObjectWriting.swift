/// An object that is being written, for `Encodable`.
struct ObjectWriting<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let output: Output
    /// How many containers are open, this one counted.
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    /// Writes the key; the value comes next.
    private func begin(_ key: Key) -> Output {
        output.text.beginMember(key, in: depth)
        return output
    }

    func encodeNil(forKey key: Key) { begin(key).text.null() }
    func encode(_ value: Bool, forKey key: Key) { begin(key).text.bool(value) }
    func encode(_ value: String, forKey key: Key) { begin(key).text.string(value) }
    func encode(_ value: Int, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: Int8, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: Int16, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: Int32, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: Int64, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: UInt, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: UInt8, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: UInt16, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: UInt32, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: UInt64, forKey key: Key) { begin(key).text.integer(value) }
    func encode(_ value: Double, forKey key: Key) throws { try begin(key).text.number(value) }
    func encode(_ value: Float, forKey key: Key) throws { try begin(key).text.number(Double(value)) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try begin(key).write(value) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        ValueEncoder(output: begin(key), depth: depth).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        ValueEncoder(output: begin(key), depth: depth).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { preconditionFailure("a class that codes its superclass apart") }
    func superEncoder(forKey key: Key) -> any Encoder { ValueEncoder(output: begin(key), depth: depth) }
}
