/// JSON text that is being written. A container that is open ends when something is written beside or above it, since
/// `Encodable` does not say when it is done.
struct JSONText {
    private struct Container {
        let isObject: Bool
        /// The position of its first member in `members`.
        let firstMember: Int
        var count = 0
        /// Where its content begins.
        let start: Int
    }

    /// A key and its value, as a place in `bytes`.
    private struct Member {
        let start: Int
        let keyEnd: Int
        var end = 0
    }

    private(set) var bytes: [UInt8] = []
    private var open: [Container] = []
    /// Of all open objects.
    private var members: [Member] = []
    private var scratch: [UInt8] = []

    var depth: Int { open.count }

    // MARK: Containers

    /// - Returns: how many are open, the new one counted.
    mutating func begin(isObject: Bool, in depth: Int) -> Int {
        end(downTo: depth)
        precondition(open.count == depth, "a container that has ended is written to")
        bytes.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        open.append(Container(isObject: isObject, firstMember: members.count, start: bytes.count))
        return depth + 1
    }

    /// Begins the next element of the array that is the `depth`-th open container.
    mutating func beginElement(in depth: Int) {
        end(downTo: depth)
        precondition(open.count == depth, "a container that has ended is written to")
        if open[depth - 1].count > 0 { bytes.append(UInt8(ascii: ",")) }
        open[depth - 1].count += 1
    }

    /// Begins the next member of the object that is the `depth`-th open container.
    mutating func beginMember(_ key: some CodingKey, in depth: Int) {
        beginElement(in: depth)
        if open[depth - 1].count > 1 { members[members.count - 1].end = bytes.count - 1 }
        let start = bytes.count
        string(key.stringValue)
        members.append(Member(start: start, keyEnd: bytes.count))
        bytes.append(UInt8(ascii: ":"))
    }

    func count(in depth: Int) -> Int { open[depth - 1].count }

    /// Ends every container but the outer ones.
    mutating func end(downTo depth: Int) {
        while open.count > depth {
            let container = open.removeLast()
            if container.isObject, container.count > 0 {
                members[members.count - 1].end = bytes.count
                sort(container)
                members.removeSubrange(container.firstMember...)
            }
            bytes.append(container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        }
    }

    /// Puts the members of an object into the order of their keys.
    private mutating func sort(_ container: Container) {
        let members = members[container.firstMember...]
        guard !zip(members, members.dropFirst()).allSatisfy({ precedes($0, $1) }) else { return }
        scratch.removeAll(keepingCapacity: true)
        for (index, member) in members.sorted(by: precedes).enumerated() {
            if index > 0 { scratch.append(UInt8(ascii: ",")) }
            scratch += bytes[member.start..<member.end]
        }
        bytes.replaceSubrange(container.start..., with: scratch)
    }

    private func precedes(_ a: Member, _ b: Member) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            // Without the quotation marks: one that ends a key must not decide.
            let (first, second) = (bytes[a.start + 1..<a.keyEnd - 1], bytes[b.start + 1..<b.keyEnd - 1])
            return first.lexicographicallyPrecedes(second)
        }
    }

    // MARK: Plain values

    /// One without members.
    mutating func object() { bytes += "{}".utf8 }

    mutating func null() { bytes += "null".utf8 }

    mutating func bool(_ value: Bool) { bytes += (value ? "true" : "false").utf8 }

    mutating func integer(_ value: some FixedWidthInteger) { bytes += String(value).utf8 }

    mutating func number(_ value: Double) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "JSON has no \(value)"))
        }
        let text = value.description
        bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
    }

    mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            if text.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                bytes.append(contentsOf: text)
            } else {
                for byte in text { escaped(byte) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0..<0x20:
            if let letter = controls.first(where: { $0.byte == byte })?.letter {
                bytes += [UInt8(ascii: "\\"), letter]
            } else {
                bytes += "\\u00".utf8
                bytes += [0x30 + byte >> 4, byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15]
            }
        default: bytes.append(byte)
        }
    }
}
