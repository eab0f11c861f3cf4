import Glibc
import HostSystem
import TestSupport
import Testing

@testable import KVMExecutor

/// A log that is read while its files are exchanged under the reader.
@Suite struct ConsoleLogReaderTests {
    private let folder = TemporaryFolder()

    private func append(_ text: String, to name: String = ConsoleLog.current) throws {
        try Files.append(Array(text.utf8), to: "\(folder.path)/\(name)")
    }

    private func rotate() throws {
        #expect(rename("\(folder.path)/\(ConsoleLog.current)", "\(folder.path)/\(ConsoleLog.older)") == 0)
    }

    /// All that is there by now; nil: the guest is gone.
    private func rest(_ reader: ConsoleLogReader) -> String? {
        var bytes: [UInt8] = []
        while true {
            guard let chunk = reader.next() else { return nil }
            if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk
        }
    }

    @Test func theEndIsCountedInLines() {
        func end(_ text: String, _ count: Int) -> String {
            String(decoding: Array(text.utf8).lastLines(count), as: UTF8.self)
        }
        #expect(end("a\nb\nc\n", 2) == "b\nc\n")
        #expect(end("a\nb\nlogin: ", 2) == "b\nlogin: ")
        #expect(end("a\nb\n", 9) == "a\nb\n")
        #expect(end("a\n\n\n", 2) == "\n\n")
        #expect(end("a\nb\n", 0) == "" && end("", 3) == "")
    }

    @Test func bothFilesAreTheHistory() throws {
        try append("one\ntwo\n", to: ConsoleLog.older)
        try append("three\nfour")
        let reader = try ConsoleLogReader(folder: folder.path)
        #expect(String(decoding: reader.history(lines: nil), as: UTF8.self) == "one\ntwo\nthree\nfour")
        #expect(rest(reader) == "")
        try append("!\n")
        #expect(rest(reader) == "!\n")
        let short = try ConsoleLogReader(folder: folder.path)
        #expect(String(decoding: short.history(lines: 3), as: UTF8.self) == "two\nthree\nfour!\n")
    }

    @Test func nothingIsLostWhenFilesAreExchanged() throws {
        try append("0 ")
        let reader = try ConsoleLogReader(folder: folder.path)
        #expect(reader.history(lines: 0).isEmpty)
        // Written right before the exchange, and after it.
        try append("1 ")
        try rotate()
        #expect(rest(reader) == "1 ")
        try append("2 ")
        #expect(rest(reader) == "2 ")
        // Twice between two looks: what is in the older file has not been seen either.
        try rotate()
        try append("3 ")
        try rotate()
        try append("4 ")
        #expect(rest(reader) == "3 4 ")
        // The guest starts again, and prints more than a file before the next look.
        try ConsoleLog.clear(folder: folder.path)
        #expect(rest(reader) == "")
        try append("5 ")
        try rotate()
        try append("6 ")
        #expect(rest(reader) == "5 6 ")
        // Renamed, as the folder of a renamed guest.
        #expect(rename(folder.path, folder.path + "-b") == 0)
        try Files.append(Array("7 ".utf8), to: folder.path + "-b/log")
        #expect(rest(reader) == "7 ")
        try Files.removeTree(folder.path + "-b")
        #expect(rest(reader) == nil)
    }

    /// The folder is QEMU's user's.
    @Test func onlyRegularFilesOfBoundedSizeAreRead() throws {
        try folder.write("secret", to: "secret")
        #expect(symlink("\(folder.path)/secret", "\(folder.path)/log") == 0)
        #expect(mkfifo("\(folder.path)/log.1", 0o600) == 0)
        let reader = try ConsoleLogReader(folder: folder.path)
        #expect(reader.history(lines: nil).isEmpty)
        #expect(rest(reader) == "")
        for name in ["log", "log.1"] { try Files.remove("\(folder.path)/\(name)") }
        try append(String(repeating: "x", count: 3 << 20) + "end\n")
        let bounded = try ConsoleLogReader(folder: folder.path)
        let history = bounded.history(lines: nil)
        #expect(history.count <= 2 * ConsoleLog.fileLimit && history.suffix(4).elementsEqual("end\n".utf8))
    }

    /// The logger as it is, whose files are exchanged ten times while they are read.
    @Test func aReaderKeepsUpWithTheLogger() async throws {
        try append("")
        let reader = try ConsoleLogReader(folder: folder.path)
        _ = reader.history(lines: nil)
        let text = (0..<500_000).map { "line \($0)\n" }.joined()
        let outcome = try await LodgeProgram.run(["log-console", folder.path], input: text)
        #expect(outcome.exitCode == 0)
        // The file that was being read is read to its end, though it has gone; then what the two files have.
        let seen = Array(try #require(rest(reader)).utf8)
        let part = ConsoleLog.fileLimit / 2
        #expect(seen.count > 3 * part && seen.count <= 6 * part)
        #expect(text.utf8.prefix(part).elementsEqual(seen.prefix(part)))
        #expect(text.utf8.suffix(part).elementsEqual(seen.suffix(part)))
    }
}
