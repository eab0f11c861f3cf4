/// An array that is being written, for `Encodable`.
struct ArrayWriting: UnkeyedEncodingContainer {
    let output: Output
    /// How many containers are open, this one counted.
    let depth: Int

    var codingPath: [any CodingKey] { [] }
    var count: Int { output.text.count(in: depth) }

    private func begin() -> Output {
        output.text.beginElement(in: depth)
        return output
    }

    func encodeNil() { begin().text.null() }
    func encode(_ value: Bool) { begin().text.bool(value) }
    func encode(_ value: String) { begin().text.string(value) }
    func encode(_ value: Int) { begin().text.integer(value) }
    func encode(_ value: Int8) { begin().text.integer(value) }
    func encode(_ value: Int16) { begin().text.integer(value) }
    func encode(_ value: Int32) { begin().text.integer(value) }
    func encode(_ value: Int64) { begin().text.integer(value) }
    func encode(_ value: UInt) { begin().text.integer(value) }
    func encode(_ value: UInt8) { begin().text.integer(value) }
    func encode(_ value: UInt16) { begin().text.integer(value) }
    func encode(_ value: UInt32) { begin().text.integer(value) }
    func encode(_ value: UInt64) { begin().text.integer(value) }
    func encode(_ value: Double) throws { try begin().text.number(value) }
    func encode(_ value: Float) throws { try begin().text.number(Double(value)) }
    func encode<Value: Encodable>(_ value: Value) throws { try begin().write(value) }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        ValueEncoder(output: begin(), depth: depth).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        ValueEncoder(output: begin(), depth: depth).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { ValueEncoder(output: begin(), depth: depth) }
}
