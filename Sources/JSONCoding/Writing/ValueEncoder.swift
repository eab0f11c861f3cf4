/// The place where one value is to be written, for `Encodable`.
struct ValueEncoder: Encoder, SingleValueEncodingContainer {
    let output: Output
    /// How many containers are open around the value.
    let depth: Int

    /// Not kept: what cannot be written is a number, and the error names it.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(ObjectWriting(output: output, depth: output.text.begin(isObject: true, in: depth)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        ArrayWriting(output: output, depth: output.text.begin(isObject: false, in: depth))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { output.text.null() }
    func encode(_ value: Bool) { output.text.bool(value) }
    func encode(_ value: String) { output.text.string(value) }
    func encode(_ value: Int) { output.text.integer(value) }
    func encode(_ value: Int8) { output.text.integer(value) }
    func encode(_ value: Int16) { output.text.integer(value) }
    func encode(_ value: Int32) { output.text.integer(value) }
    func encode(_ value: Int64) { output.text.integer(value) }
    func encode(_ value: UInt) { output.text.integer(value) }
    func encode(_ value: UInt8) { output.text.integer(value) }
    func encode(_ value: UInt16) { output.text.integer(value) }
    func encode(_ value: UInt32) { output.text.integer(value) }
    func encode(_ value: UInt64) { output.text.integer(value) }
    func encode(_ value: Double) throws { try output.text.number(value) }
    func encode(_ value: Float) throws { try output.text.number(Double(value)) }
    func encode<Value: Encodable>(_ value: Value) throws { try output.write(value) }
}
