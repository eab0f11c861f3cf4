/// The fields of one kind of mapping: each case is a field, its name the key, its raw value the place in
/// `MappingReader`'s slots.
protocol FieldNames: RawRepresentable<Int>, CaseIterable, Sendable {
    static var table: FieldTable { get }
}

/// A key's bytes, padded with zeros: comparing two is comparing three words.
struct PackedKey: Equatable {
    /// The longest field name that can be told apart.
    static let capacity = 24

    private let low: UInt64
    private let middle: UInt64
    private let high: UInt64

    /// Nil where there are more bytes than fit; then it is no field's name.
    @inline(__always)
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count <= Self.capacity else { return nil }
        var low: UInt64 = 0
        var middle: UInt64 = 0
        var high: UInt64 = 0
        var index = bytes.count
        while index > 16 {
            index -= 1
            high = high << 8 | UInt64(bytes[index])
        }
        while index > 8 {
            index -= 1
            middle = middle << 8 | UInt64(bytes[index])
        }
        while index > 0 {
            index -= 1
            low = low << 8 | UInt64(bytes[index])
        }
        self.low = low
        self.middle = middle
        self.high = high
    }
}

/// The names of a mapping's fields and which of them are not built yet.
struct FieldTable: Sendable {
    /// The most fields that a mapping has.
    static let capacity = 24

    /// What the mapping is called in diagnostics, such as `a guest's spec`.
    let subject: String
    let names: [String]
    private let keys: [PackedKey]
    private let supported: [Bool]

    init<Names: FieldNames>(_ subject: String, _ type: Names.Type, notYet: [Names] = []) {
        self.subject = subject
        let cases = Names.allCases.map { "\($0)" }
        names = cases
        keys = cases.map { name in Array(name.utf8).withUnsafeBufferPointer { PackedKey($0)! } }
        var supported = Array(repeating: true, count: cases.count)
        for field in notYet { supported[field.rawValue] = false }
        self.supported = supported
        precondition(cases.count <= Self.capacity)
    }

    /// The slot of the field with this name, or nil.
    @inline(__always)
    func slot(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let key = PackedKey(bytes) else { return nil }
        for slot in keys.indices where keys[slot] == key { return slot }
        return nil
    }

    @inline(__always)
    func isSupported(_ slot: Int) -> Bool { supported[slot] }

    /// The names that may be written today.
    var supportedNames: [String] { zip(names, supported).filter(\.1).map(\.0) }
}
