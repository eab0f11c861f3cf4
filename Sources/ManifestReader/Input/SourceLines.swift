/// The lines of a manifest as libyaml counts them: CR, LF, CR LF, U+0085, U+2028 and U+2029 end one.
/// Looked up for diagnostics alone.
struct SourceLines {
    private let bytes: ArraySlice<UInt8>
    /// Where each line starts and where its text ends.
    private var lines: [(start: UInt32, end: UInt32)] = []

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let length = breakLength(at: index)
            if length == 0 {
                index += 1
                continue
            }
            lines.append((UInt32(start), UInt32(index)))
            index += length
            start = index
        }
        lines.append((UInt32(start), UInt32(bytes.endIndex)))
    }

    /// More of a line is of no use to a reader.
    private static let shownLength = 400

    /// The length of the line break at the index, or 0.
    private func breakLength(at index: Int) -> Int {
        func has(_ offset: Int, _ byte: UInt8) -> Bool {
            index + offset < bytes.endIndex && bytes[index + offset] == byte
        }
        switch bytes[index] {
        case 0x0A: return 1
        case 0x0D: return has(1, 0x0A) ? 2 : 1
        case 0xC2: return has(1, 0x85) ? 2 : 0
        case 0xE2: return has(1, 0x80) && (has(2, 0xA8) || has(2, 0xA9)) ? 3 : 0
        default: return 0
        }
    }

    /// The bytes of a line, counted from 0, without its break.
    private func range(_ line: Int) -> Range<Int>? {
        guard lines.indices.contains(line) else { return nil }
        return Int(lines[line].start)..<Int(lines[line].end)
    }

    /// The text of a line; empty where there is none.
    func text(_ line: Int) -> String {
        guard let range = range(line) else { return "" }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// The text of a line as a diagnostic shows it: without control characters, at most 400 characters. Nil where
    /// there is none, or where the column lies behind what would be shown.
    func shownText(_ line: Int, column: Int) -> String? {
        guard column < Self.shownLength, let range = range(line) else { return nil }
        var shown = ""
        for scalar in String(decoding: bytes[range].prefix(4 * Self.shownLength), as: UTF8.self).unicodeScalars
            .prefix(Self.shownLength)
        {
            shown.unicodeScalars.append(scalar != "\t" && isControl(scalar) ? "\u{FFFD}" : scalar)
        }
        return shown
    }

    /// Line and column, counted from 0, of the byte at an offset into the file, its byte order mark included.
    func position(ofByte offset: Int) -> (line: Int, column: Int) {
        var line = 0
        var column = 0
        var index = bytes.startIndex
        while index < min(offset, bytes.endIndex) {
            let length = breakLength(at: index)
            if length > 0 {
                line += 1
                column = 0
                index += length
            } else {
                if bytes[index] & 0xC0 != 0x80 { column += 1 }
                index += 1
            }
        }
        return (line, column)
    }
}
