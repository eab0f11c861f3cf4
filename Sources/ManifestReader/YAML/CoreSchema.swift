/// What plain scalars mean in the core schema of YAML 1.2 (section 10.3.2), with one difference: of the booleans,
/// `true` and `false` alone are known, and `True` or `TRUE` is a string.
enum CoreSchema {
    enum Meaning {
        case null, boolean, integer, number, string

        /// For diagnostics: what such a scalar is.
        var phrase: String {
            switch self {
            case .null: "nothing"
            case .boolean: "a boolean"
            case .integer: "a whole number"
            case .number: "a number"
            case .string: "a text"
            }
        }
    }

    /// More digits than any field takes; what is longer is not looked at.
    private static let longestNumber = 128

    static func meaning(of bytes: UnsafeBufferPointer<UInt8>) -> Meaning {
        guard let first = bytes.first else { return .null }
        guard bytes.count <= longestNumber else { return .string }
        switch first {
        case UInt8(ascii: "~"): return bytes.count == 1 ? .null : .string
        case UInt8(ascii: "n"), UInt8(ascii: "N"):
            return equals(bytes, "null") || equals(bytes, "Null") || equals(bytes, "NULL") ? .null : .string
        case UInt8(ascii: "t"): return equals(bytes, "true") ? .boolean : .string
        case UInt8(ascii: "f"): return equals(bytes, "false") ? .boolean : .string
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return numberMeaning(of: bytes)
        default: return .string
        }
    }

    private static func numberMeaning(of bytes: UnsafeBufferPointer<UInt8>) -> Meaning {
        if bytes.count > 2, bytes[0] == UInt8(ascii: "0") {
            if bytes[1] == UInt8(ascii: "o") {
                return bytes.dropFirst(2).allSatisfy { $0 >= 0x30 && $0 <= 0x37 } ? .integer : .string
            }
            if bytes[1] == UInt8(ascii: "x") {
                return bytes.dropFirst(2).allSatisfy(isHexDigit) ? .integer : .string
            }
        }
        var index = bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-") ? 1 : 0
        if equals(bytes, ".nan") || equals(bytes, ".NaN") || equals(bytes, ".NAN") { return .number }
        let unsigned = UnsafeBufferPointer(rebasing: bytes[index...])
        if equals(unsigned, ".inf") || equals(unsigned, ".Inf") || equals(unsigned, ".INF") { return .number }
        func digits() -> Int {
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
            return index - start
        }
        let whole = digits()
        if index == bytes.count { return whole > 0 ? .integer : .string }
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = digits()
            guard whole + fraction > 0 else { return .string }
        } else if whole == 0 {
            return .string
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard digits() > 0 else { return .string }
        }
        return index == bytes.count ? .number : .string
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66)
    }

    static func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount
            && bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
