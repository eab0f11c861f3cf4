import JSONCoding
import Testing

@Suite struct VersionedTests {
    struct Note: Versioned, Hashable {
        static let currentSchema = 3
        static let upgrades: [@Sendable (inout JSONValue) -> Void] = [
            { note in
                note["lines"] = note["text"].map { .array([$0]) }
                note["text"] = nil
            },
            { note in note["author"] = .string("nobody") },
        ]

        var schema = 3
        var lines: [String]
        var author: String
    }

    private func read(_ text: String) throws -> Note {
        try CompactJSON.decode(versioned: Note.self, from: Array(text.utf8))
    }

    @Test(
        arguments: [
            #"{"text":"a"}"#, #"{"schema":1,"text":"a"}"#, #"{"schema":2,"lines":["a"]}"#,
            #"{"schema":3,"lines":["a"],"author":"nobody"}"#,
        ])
    func everyLayoutIsRead(text: String) throws {
        #expect(try read(text) == Note(lines: ["a"], author: "nobody"))
    }

    @Test func aNewerLayoutIsRefusedWhateverItHolds() {
        #expect(throws: NewerSchema(schema: 4, known: 3)) { try read(#"{"schema":4}"#) }
        #expect(throws: NewerSchema(schema: 4, known: 3)) {
            try read(#"{"schema":4,"lines":["a"],"author":"nobody"}"#)
        }
    }

    /// Nothing is made up for a document that does not have what its layout has.
    @Test(
        arguments: [
            #"{"schema":1,"lines":["a"]}"#, #"{"schema":3,"lines":["a"]}"#, #"{"schema":0,"text":"a"}"#,
            #"{"schema":-1,"text":"a"}"#, #"{"schema":"1","text":"a"}"#, "[]", "",
        ])
    func whatIsNoneIsRefused(text: String) {
        #expect(throws: DecodingError.self) { try read(text) }
    }
}
