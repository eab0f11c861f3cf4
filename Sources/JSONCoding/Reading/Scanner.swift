/// Finds the values of a JSON text (RFC 8259), and checks that it is one.
struct Scanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var nodes: [Document.Node] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func scan() throws -> [Document.Node] {
        guard bytes.count < UInt32.max else { throw fault("the text is 4 GiB or longer") }
        nodes.reserveCapacity(bytes.count / 12)
        skipSpace()
        try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw fault("something follows the value") }
        return nodes
    }

    /// Zero at the end, which no token begins with.
    private var next: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 {
            at += 1
        }
    }

    private mutating func add(_ kind: Document.Node.Kind, extent: Int = 0, from start: Int, isEscaped: Bool = false) {
        nodes.append(
            .init(
                kind: kind, isEscaped: isEscaped, start: UInt32(start), extent: UInt32(extent),
                end: UInt32(nodes.count + 1)))
    }

    private mutating func value(depth: Int) throws {
        switch next {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "-"), 0x30...0x39: try number()
        case UInt8(ascii: "t"): try word("true", .true)
        case UInt8(ascii: "f"): try word("false", .false)
        case UInt8(ascii: "n"): try word("null", .null)
        default: throw fault("a value was expected")
        }
    }

    private mutating func object(depth: Int) throws {
        let node = try open(.object, depth: depth)
        nodes[node].extent = UInt32(node + 1)
        if next == UInt8(ascii: "}") {
            at += 1
        } else {
            repeat {
                skipSpace()
                guard next == UInt8(ascii: "\"") else { throw fault("a key was expected") }
                try string()
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw fault("a colon was expected") }
                skipSpace()
                try value(depth: depth + 1)
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw fault("a comma or } was expected") }
        }
        nodes[node].end = UInt32(nodes.count)
    }

    private mutating func array(depth: Int) throws {
        let node = try open(.array, depth: depth)
        if next == UInt8(ascii: "]") {
            at += 1
        } else {
            repeat {
                skipSpace()
                try value(depth: depth + 1)
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw fault("a comma or ] was expected") }
        }
        nodes[node].end = UInt32(nodes.count)
    }

    private mutating func open(_ kind: Document.Node.Kind, depth: Int) throws -> Int {
        guard depth < CompactJSON.depthLimit else { throw fault("it is nested too deeply") }
        add(kind, from: at)
        at += 1
        skipSpace()
        return nodes.count - 1
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ kind: Document.Node.Kind) throws {
        let isThere = word.withUTF8Buffer { word in
            at + word.count <= bytes.count && word.indices.allSatisfy { bytes[at + $0] == word[$0] }
        }
        guard isThere else { throw fault("a value was expected") }
        add(kind, from: at)
        at += word.utf8CodeUnitCount
    }

    private mutating func number() throws {
        let start = at
        _ = take(UInt8(ascii: "-"))
        if !take(0x30) { guard digits() else { throw fault("a digit was expected") } }
        if take(UInt8(ascii: ".")) { guard digits() else { throw fault("a digit was expected") } }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() else { throw fault("a digit was expected") }
        }
        add(.number, extent: at - start, from: start)
    }

    /// True where there was one at least.
    private mutating func digits() -> Bool {
        let start = at
        while next >= 0x30, next <= 0x39 { at += 1 }
        return at > start
    }

    private mutating func string() throws {
        let start = at + 1
        at = start
        var isEscaped = false
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard bytes[at] >= 0x20 else { throw fault("a string has a control character") }
            if bytes[at] == UInt8(ascii: "\\") {
                isEscaped = true
                at += 1
                try escape()
            } else {
                at += 1
            }
        }
        guard at < bytes.count else { throw fault("a string has no end") }
        add(.string, extent: at - start, from: start, isEscaped: isEscaped)
        at += 1
    }

    private mutating func escape() throws {
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 1
        case UInt8(ascii: "u"):
            guard at + 4 < bytes.count, bytes[at + 1...at + 4].allSatisfy({ hexValue($0) != nil }) else {
                throw fault("\\u wants four hexadecimal digits")
            }
            at += 5
        default: throw fault("no such escape")
        }
    }

    private func fault(_ what: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "no JSON at byte \(at): \(what)"))
    }
}
