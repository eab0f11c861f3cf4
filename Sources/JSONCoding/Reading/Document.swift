/// A JSON text and where its values are in it, in one array: each value is followed by what it contains.
final class Document {
    struct Node {
        enum Kind: UInt8 { case null, `true`, `false`, number, string, object, array }

        var kind: Kind
        /// Of a string: something in it is escaped.
        var isEscaped = false
        /// The first byte; of a string, behind the quotation mark.
        var start: UInt32
        /// Of a string or number: how many bytes. Of an object: the node of the key where the next search begins.
        var extent: UInt32 = 0
        /// The node behind this value and all that it contains.
        var end: UInt32 = 0
    }

    let bytes: [UInt8]
    /// Owned by the document. Not an array, since the checks of exclusive access to one in a class take a fifth of
    /// the time to decode; only the `extent` of objects ever changes.
    let nodes: UnsafeMutableBufferPointer<Node>

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        let found = try bytes.withUnsafeBufferPointer { bytes in
            var scanner = Scanner(bytes)
            return try scanner.scan()
        }
        nodes = .allocate(capacity: found.count)
        _ = nodes.initialize(from: found)
    }

    deinit { nodes.deallocate() }

    // MARK: Values

    func isNull(_ node: Int) -> Bool { nodes[node].kind == .null }

    func bool(_ node: Int) throws -> Bool {
        switch nodes[node].kind {
        case .true: true
        case .false: false
        default: throw mismatch(node, Bool.self)
        }
    }

    func integer<Value: FixedWidthInteger>(_ node: Int) throws -> Value {
        let number = nodes[node]
        guard number.kind == .number else { throw mismatch(node, Value.self) }
        var at = Int(number.start)
        let end = at + Int(number.extent)
        let isNegative = bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var value: Value = 0
        while at < end {
            guard bytes[at] >= 0x30, bytes[at] <= 0x39 else { throw mismatch(node, Value.self) }
            let digit = Value(truncatingIfNeeded: bytes[at] - 0x30)
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
            guard !overflow, !carry else { throw mismatch(node, Value.self) }
            value = sum
            at += 1
        }
        return value
    }

    func double(_ node: Int) throws -> Double {
        guard nodes[node].kind == .number, let value = Double(text(nodes[node])), value.isFinite else {
            throw mismatch(node, Double.self)
        }
        return value
    }

    func string(_ node: Int) throws -> String {
        let string = nodes[node]
        guard string.kind == .string else { throw mismatch(node, String.self) }
        return try string.isEscaped ? unescaped(node) : valid(slice(string), node)
    }

    private func slice(_ node: Node) -> ArraySlice<UInt8> {
        bytes[Int(node.start)..<Int(node.start) + Int(node.extent)]
    }

    private func text(_ node: Node) -> String { String(decoding: slice(node), as: UTF8.self) }

    private func valid(_ bytes: some Sequence<UInt8>, _ node: Int) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw corrupted(node, "the string is not UTF-8")
        }
        return text
    }

    private func unescaped(_ node: Int) throws -> String {
        guard let content = unescape(slice(nodes[node])) else {
            throw corrupted(node, "the string has half of a surrogate pair")
        }
        return try valid(content, node)
    }

    // MARK: Objects and arrays

    /// The value of a key, or nil. The search begins at the key that was found last, so that keys that are asked for
    /// in the order they stand in, each of them once or several times, are found at once.
    func member(_ key: String, of object: Int) throws -> Int? {
        let end = Int(nodes[object].end)
        let hint = Int(nodes[object].extent)
        var key = key
        let found = try key.withUTF8 { key in
            try search(hint..<end, for: key) ?? search(object + 1..<hint, for: key)
        }
        if let found { nodes[object].extent = UInt32(found - 1) }
        return found
    }

    private func search(_ members: Range<Int>, for key: UnsafeBufferPointer<UInt8>) throws -> Int? {
        var node = members.lowerBound
        while node < members.upperBound {
            if nodes[node].isEscaped {
                if try string(node).utf8.elementsEqual(key) { return node + 1 }
            } else if nodes[node].extent == key.count, isEqual(Int(nodes[node].start), key) {
                return node + 1
            }
            node = Int(nodes[node + 1].end)
        }
        return nil
    }

    private func isEqual(_ start: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in key.indices where bytes[start + index] != key[index] { return false }
        return true
    }

    func keys(of object: Int) throws -> [String] {
        var keys: [String] = []
        var node = object + 1
        while node < nodes[object].end {
            keys.append(try string(node))
            node = Int(nodes[node + 1].end)
        }
        return keys
    }

    /// - Returns: the node of an object.
    func object(_ node: Int) throws -> Int {
        guard nodes[node].kind == .object else { throw mismatch(node, [String: Any].self) }
        return node
    }

    /// - Returns: the node of an array.
    func array(_ node: Int) throws -> Int {
        guard nodes[node].kind == .array else { throw mismatch(node, [Any].self) }
        return node
    }

    // MARK: Errors

    func mismatch(_ node: Int, _ type: Any.Type) -> DecodingError {
        let text = nodes[node].kind == .number ? "the number \(text(nodes[node]))" : "\(nodes[node].kind)"
        return .typeMismatch(
            type, .init(codingPath: path(to: node), debugDescription: "\(type) was expected, and this is \(text)"))
    }

    func corrupted(_ node: Int, _ what: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path(to: node), debugDescription: what))
    }

    /// The keys and positions that lead to a value.
    func path(to target: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var node = 0
        while node < target {
            let isObject = nodes[node].kind == .object
            var child = node + 1
            var position = 0
            while nodes[isObject ? child + 1 : child].end <= target {
                child = Int(nodes[isObject ? child + 1 : child].end)
                position += 1
            }
            // As it is written: a key that is no text has to be named too.
            path.append(isObject ? Step(text(nodes[child])) : Step(position))
            node = isObject ? child + 1 : child
            if child == target { break }
        }
        return path
    }
}

/// One step of a path in a document.
struct Step: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ key: String) { (stringValue, intValue) = (key, nil) }
    init(_ position: Int) { (stringValue, intValue) = ("\(position)", position) }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}
