/// Cuts a stream of bytes into lines of a bounded length.
struct LineSplitter {
    /// A peer sent more than a line may have.
    struct Overflow: Error {}

    private var pending: [UInt8] = []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The lines that the bytes complete, without their newlines.
    mutating func add(_ bytes: some Collection<UInt8>) throws(Overflow) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let newline = rest.firstIndex(of: 0x0A) {
            lines.append(pending + rest[..<newline])
            pending = []
            rest = rest[rest.index(after: newline)...]
        }
        pending.append(contentsOf: rest)
        guard pending.count <= limit, lines.allSatisfy({ $0.count <= limit }) else { throw Overflow() }
        return lines
    }
}
