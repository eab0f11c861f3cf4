import FoundationEssentials
import NIOCore
import Testing

@testable import QMP

struct LineSplitterTests {
    /// Every way to cut the same bytes in three gives the same lines.
    @Test func givesTheSameLinesHoweverTheyArrive() throws {
        let text = "one\r\n\ntwo\nthree"
        let bytes = Array(text.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var splitter = LineSplitter(limit: 5)
                var lines: [String] = []
                for part in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    splitter.append(ByteBuffer(bytes: part))
                    while let line = try splitter.next() { lines.append(String(decoding: line, as: UTF8.self)) }
                }
                #expect(lines == ["one\r", "", "two"])
            }
        }
    }

    @Test func allowsTheLimitAndNothingMore() throws {
        var splitter = LineSplitter(limit: 4)
        splitter.append(ByteBuffer(string: "abcd\n12345\n"))
        #expect(try splitter.next()?.count == 4)
        #expect(throws: QMPError.Reason.lineTooLong(limit: 4)) { try splitter.next() }
    }

    @Test func refusesALongLineBeforeItsEnd() throws {
        var splitter = LineSplitter(limit: 4)
        splitter.append(ByteBuffer(string: "abcd"))
        #expect(try splitter.next() == nil)
        splitter.append(ByteBuffer(string: "e"))
        #expect(throws: QMPError.Reason.lineTooLong(limit: 4)) { try splitter.next() }
    }
}
