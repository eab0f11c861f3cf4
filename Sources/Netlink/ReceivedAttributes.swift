import CLinux

/// The attributes of a received message or nest, by type.
///
/// The lengths of the whole list are checked at once; a nest is parsed when it is asked for. Of several attributes
/// with one type the last counts, as in the kernel's own `nla_parse`.
struct ReceivedAttributes: Sendable {
    private let values: [UInt16: ArraySlice<UInt8>]

    init(_ bytes: ArraySlice<UInt8>) throws(MalformedMessage) {
        var values: [UInt16: ArraySlice<UInt8>] = [:]
        var reader = ByteReader(bytes)
        while !reader.remaining.isEmpty {
            let header = try reader.read(nlattr.self)
            let length = Int(header.nla_len)
            guard length >= MemoryLayout<nlattr>.size else {
                throw MalformedMessage("an attribute says that it is \(length) bytes long, less than its own header")
            }
            values[header.nla_type & Self.typeMask] = try reader.take(length - MemoryLayout<nlattr>.size)
            reader.skipPadding(after: length)
        }
        self.values = values
    }

    func bytes(_ type: some BinaryInteger) -> ArraySlice<UInt8>? {
        values[UInt16(type)]
    }

    /// An integer in the machine's byte order; the attribute must have exactly its size.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: some BinaryInteger, as: Value.Type = Value.self
    ) throws(MalformedMessage) -> Value? {
        guard let bytes = bytes(type) else { return nil }
        guard bytes.count == MemoryLayout<Value>.size else {
            throw MalformedMessage(
                "attribute \(type) has \(bytes.count) bytes instead of the \(MemoryLayout<Value>.size) of an integer")
        }
        var reader = ByteReader(bytes)
        return try reader.read(Value.self)
    }

    /// A string up to its NUL. Bytes that are not UTF-8 are replaced by U+FFFD.
    func string(_ type: some BinaryInteger) -> String? {
        bytes(type).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    func nest(_ type: some BinaryInteger) throws(MalformedMessage) -> ReceivedAttributes? {
        guard let bytes = bytes(type) else { return nil }
        return try ReceivedAttributes(bytes)
    }

    /// An IPv4 address of exactly 4 bytes in network byte order.
    func internetAddress(_ type: some BinaryInteger) throws(MalformedMessage) -> InternetAddress? {
        try integer(type, as: UInt32.self).map { InternetAddress(rawValue: UInt32(bigEndian: $0)) }
    }

    /// A link-layer address, or nil where it is absent or not one of Ethernet's.
    func hardwareAddress(_ type: some BinaryInteger) -> HardwareAddress? {
        bytes(type).flatMap(HardwareAddress.init(bytes:))
    }

    /// `NLA_TYPE_MASK`: without the flags for nests and byte order.
    private static let typeMask = ~UInt16(NLA_F_NESTED | NLA_F_NET_BYTEORDER)
}
