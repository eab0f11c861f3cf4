/// One node of a tree, in 24 bytes.
struct YAMLNode {
    enum Kind: UInt8 {
        case scalar, sequence, mapping
        /// Stands for the node at `start`.
        case alias
        /// Was reported already; whoever meets it says nothing more.
        case invalid
    }

    var kind: Kind
    /// A scalar without quotes, whose text decides its type; all others are strings.
    var isPlain = false
    /// Of a scalar: where its text starts. Of an alias: the node that it stands for.
    var start: Int32 = 0
    /// Of a scalar: the bytes of its text.
    var count: Int32 = 0
    /// The index behind the node's last descendant, which is its next sibling where it has one.
    var end: Int32
    /// Counted from 0.
    var line: Int32
    /// Counted from 0, in Unicode scalars.
    var column: Int32
}

/// The index of a node in its tree.
typealias NodeIndex = Int32
