/// Reads fixed-size values from bytes that are not trusted: every read is checked against the end.
struct ByteReader {
    /// What has not been read yet.
    private(set) var remaining: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        remaining = bytes
    }

    /// The next value in the machine's byte order, which is what netlink uses.
    ///
    /// `Value` must be an integer or a C structure of integers: a type for which all bit patterns are valid.
    mutating func read<Value: BitwiseCopyable>(_ type: Value.Type) throws(MalformedMessage) -> Value {
        let bytes = try take(MemoryLayout<Value>.size)
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
    }

    /// The next `count` bytes.
    mutating func take(_ count: Int) throws(MalformedMessage) -> ArraySlice<UInt8> {
        guard count <= remaining.count else {
            throw MalformedMessage("\(count) bytes expected where \(remaining.count) are left")
        }
        defer { remaining = remaining.dropFirst(count) }
        return remaining.prefix(count)
    }

    /// Passes over the padding that follows an item of `length` bytes. The last item may lack its padding.
    mutating func skipPadding(after length: Int) {
        remaining = remaining.dropFirst(length.alignedForNetlink - length)
    }
}

extension Int {
    /// Rounded up to the 4 bytes that netlink aligns messages and attributes to (`NLMSG_ALIGNTO`, `NLA_ALIGNTO`).
    var alignedForNetlink: Int { (self + 3) & ~3 }
}
