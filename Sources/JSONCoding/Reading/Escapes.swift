/// The content of a string that has escapes, all of them well-formed; nil where half of a surrogate pair stands alone.
func unescape(_ content: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var at = content.startIndex

    /// The UTF-16 code unit of the four digits behind `\u`.
    func unit(_ start: Int) -> UInt16 {
        content[start..<start + 4].reduce(0) { $0 << 4 | UInt16(hexValue($1) ?? 0) }
    }

    while at < content.endIndex {
        guard content[at] == UInt8(ascii: "\\") else {
            result.append(content[at])
            at += 1
            continue
        }
        let kind = content[at + 1]
        at += 2
        guard kind == UInt8(ascii: "u") else {
            result.append(controls.first { $0.letter == kind }?.byte ?? kind)
            continue
        }
        var units = [unit(at)]
        at += 4
        if UTF16.isLeadSurrogate(units[0]) {
            guard at + 6 <= content.endIndex, content[at] == UInt8(ascii: "\\"), content[at + 1] == UInt8(ascii: "u")
            else { return nil }
            units.append(unit(at + 2))
            at += 6
        }
        guard let text = String(validating: units, as: UTF16.self) else { return nil }
        result += text.utf8
    }
    return result
}

/// The control characters that have an escape of one letter.
let controls: [(letter: UInt8, byte: UInt8)] = [
    (UInt8(ascii: "b"), 0x08), (UInt8(ascii: "f"), 0x0C), (UInt8(ascii: "n"), 0x0A), (UInt8(ascii: "r"), 0x0D),
    (UInt8(ascii: "t"), 0x09),
]

/// The value of a hexadecimal digit, in either case, or nil.
func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}
