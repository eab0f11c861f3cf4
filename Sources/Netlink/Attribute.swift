import CLinux

/// An attribute of a request (`struct nlattr`): a value, or a nest of further attributes.
///
/// Attributes form a tree that computes its own lengths, so nobody counts bytes by hand.
struct Attribute: Equatable, Sendable {
    /// The attribute's number in its name space, flags included.
    let type: UInt16
    /// The value; in a nest, the fixed header before the children (most nests have none).
    let value: [UInt8]
    let children: [Attribute]

    private init(type: UInt16, value: [UInt8], children: [Attribute]) {
        self.type = type
        self.value = value
        self.children = children
    }

    static func bytes(_ type: some BinaryInteger, _ value: [UInt8]) -> Attribute {
        Attribute(type: UInt16(type), value: value, children: [])
    }

    /// An integer in the machine's byte order.
    static func integer(_ type: some BinaryInteger, _ value: some FixedWidthInteger & BitwiseCopyable) -> Attribute {
        bytes(type, [UInt8](memoryOf: value))
    }

    /// A string with its terminating NUL.
    static func string(_ type: some BinaryInteger, _ value: String) -> Attribute {
        bytes(type, Array(value.utf8) + [0])
    }

    /// A nest, marked with `NLA_F_NESTED`.
    static func nest(_ type: some BinaryInteger, _ children: [Attribute]) -> Attribute {
        Attribute(type: UInt16(type) | UInt16(NLA_F_NESTED), value: [], children: children)
    }

    /// A fixed header followed by attributes, as in `VETH_INFO_PEER`. The kernel does not count this as a nest.
    static func headed(_ type: some BinaryInteger, header: [UInt8], _ children: [Attribute]) -> Attribute {
        Attribute(type: UInt16(type), value: header, children: children)
    }

    /// `nla_len`: header and content without the padding after them. The padding of the children counts.
    var length: Int {
        if children.isEmpty { return Self.headerLength + value.count }
        return children.reduce(Self.headerLength + value.count.alignedForNetlink) { $0 + $1.paddedLength }
    }

    var paddedLength: Int { length.alignedForNetlink }

    func serialise(into output: inout [UInt8]) {
        let end = output.count + paddedLength
        output.append(memoryOf: UInt16(length))
        output.append(memoryOf: type)
        output += value
        if !children.isEmpty { output.pad(by: value.count.alignedForNetlink - value.count) }
        for child in children { child.serialise(into: &output) }
        output.pad(by: end - output.count)
    }

    /// `NLA_HDRLEN`: two 16-bit numbers, length and type.
    private static let headerLength = 4
}
