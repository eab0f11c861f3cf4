/// What a guest printed, as a terminal may show it: text, line feeds and tabs. Escape sequences are dropped, with what
/// they would do to the terminal or make it answer; other control characters too; `�` stands for bytes that are no
/// UTF-8 and for marks that would reverse the direction of text. ECMA-48 says what a sequence is.
///
/// A value is one stream: what comes in pieces is put together.
struct PrintableText {
    private enum Place {
        case text
        /// After ESC.
        case escape
        /// After ESC and characters that announce more of it.
        case intermediate
        /// After ESC [.
        case control
        /// Within a string for the terminal, such as a title; ends with BEL, an escape sequence or the line.
        case string
    }

    private var place = Place.text
    private var hasReturned = false
    /// The beginning of a character that has not come whole.
    private var pending: [UInt8] = []

    /// What of the bytes can be shown by now.
    mutating func add(_ bytes: some Sequence<UInt8>) -> String {
        var text = pending
        pending = []
        for byte in bytes { add(byte, to: &text) }
        let end = text.count - text.unfinishedCharacter
        pending = Array(text[end...])
        // The lines of a terminal's input: what else is invisible would not be seen, or seen where it is not.
        return String(decoding: text[..<end], as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0).visibleInPlace }
            .joined(separator: "\n")
    }

    private mutating func add(_ byte: UInt8, to text: inout [UInt8]) {
        switch (byte, place) {
        case (0x1B, _): place = .escape
        // CAN and SUB end whatever there is; so does the line, that a sequence without an end takes no more than that.
        case (0x18, _), (0x1A, _): place = .text
        case (0x0A, _), (0x0D, _):
            place = .text
            addLineEnd(byte, to: &text)
        case (0x07, .string): place = .text
        case (_, .string): break
        case (UInt8(ascii: "["), .escape): place = .control
        // OSC, DCS, SOS, PM, APC.
        case (UInt8(ascii: "]"), .escape), (UInt8(ascii: "P"), .escape), (UInt8(ascii: "X"), .escape),
            (UInt8(ascii: "^"), .escape), (UInt8(ascii: "_"), .escape):
            place = .string
        case (0x20...0x2F, .escape), (0x20...0x2F, .intermediate): place = .intermediate
        case (0x20...0x3F, .control): break
        case (0x30...0x7E, .escape), (0x30...0x7E, .intermediate), (0x40...0x7E, .control): place = .text
        case (0x09, _), (0x20...0x7E, _), (0x80..., _):
            place = .text
            addReturn(to: &text)
            text.append(byte)
        default: break
        }
    }

    /// A return before a line feed is part of the line's end; one by itself, which would write over the line, is one.
    private mutating func addLineEnd(_ byte: UInt8, to text: inout [UInt8]) {
        if byte == 0x0A {
            hasReturned = false
            text.append(0x0A)
        } else {
            hasReturned = true
        }
    }

    private mutating func addReturn(to text: inout [UInt8]) {
        guard hasReturned else { return }
        hasReturned = false
        text.append(0x0A)
    }
}

extension [UInt8] {
    /// How many bytes at the end begin a character of UTF-8 whose rest is to come.
    fileprivate var unfinishedCharacter: Int {
        for count in 1...3 where count <= self.count {
            switch self[self.count - count] {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return count < 2 ? count : 0
            case 0xE0...0xEF: return count < 3 ? count : 0
            case 0xF0...0xF4: return count < 4 ? count : 0
            default: return 0
            }
        }
        return 0
    }
}
