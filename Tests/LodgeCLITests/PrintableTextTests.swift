import Testing

@testable import LodgeCLI

/// What a guest prints can do nothing to the terminal of whoever reads its log.
@Suite struct PrintableTextTests {
    private func show(_ text: String) -> String { show(Array(text.utf8)) }

    private func show(_ bytes: [UInt8]) -> String {
        var printable = PrintableText()
        return printable.add(bytes)
    }

    @Test(arguments: [
        ("plain\ttext\nÄ € 🙂\n", "plain\ttext\nÄ € 🙂\n"),
        ("[\u{1B}[0;32m  OK  \u{1B}[0m] Started\r\n", "[  OK  ] Started\n"),
        // A title, a query that a terminal answers as if it were typed, another character set.
        ("a\u{1B}]0;title\u{7}b\u{1B}[6nc\u{1B}(0d\u{1B}[?25le", "abcde"),
        ("a\u{1B}Pq#0;2\u{1B}\\b\u{1B}_x\u{1B}\\c", "abc"),
        // A sequence without an end takes no more than its line.
        ("a\u{1B}]0;for ever\nb", "a\nb"), ("a\u{1B}[12;\nb", "a\nb"), ("a\u{1B}[1\u{18}b", "ab"),
        // The other form of CSI, and what reverses text.
        ("a\u{9B}2Jb", "a\u{FFFD}2Jb"), ("a\u{202E}b", "a\u{FFFD}b"),
        ("10%\r20%\r\n", "10%\n20%\n"), ("a\u{8}\u{0}\u{7}b", "ab"), ("a\r\r\nb", "a\nb"),
    ])
    func onlyTextIsLeft(text: String, shown: String) {
        #expect(show(text) == shown)
        // However it comes in pieces.
        var printable = PrintableText()
        #expect(text.utf8.map { printable.add([$0]) }.joined() == shown)
    }

    @Test func bytesThatAreNoTextAreMarked() {
        #expect(show([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(show([0x61, 0x9B, 0x62]) == "a\u{FFFD}b")
        let noise = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 0x9E37_79B1 >> 11) }
        #expect(!show(noise).utf8.contains { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 })
    }
}
