import Foundation
import JSONCoding
import Testing

/// A value with everything that synthesised conformances do.
struct Specimen: Codable, Hashable {
    enum Shape: Codable, Hashable {
        case point
        case circle(radius: Double)
        case text(String, times: Int)
        indirect case pair(Shape, Shape)
    }
    enum Word: String, Codable { case yes, no }
    struct Inner: Codable, Hashable {
        var z: Int?
        var a: [String]
    }

    var text = "plain"
    var escaped = "a\"b\\c/d\n\t\r\u{08}\u{0C}\u{01}\u{1F}\u{7F}é€😀"
    var int = Int.min
    var unsigned = UInt64.max
    var small: Int8 = -128
    var double = 1.5
    var whole = 4.0
    var tiny = 1e-9
    var huge = 1e300
    var yes = true
    var no = false
    var missing: Int?
    var word = Word.yes
    var shapes: [Shape] = [.point, .circle(radius: 0.1), .text("x", times: 3), .pair(.point, .pair(.point, .point))]
    var inner = Inner(z: nil, a: [])
    var inners: [[Inner]] = [[Inner(z: 1, a: ["b", ""])], [], [Inner(z: nil, a: ["c"])]]
    var table: [String: Int] = ["z": 1, "y": 2, "a\"b": 3, "": 4]
    var sparse: [Int?] = [nil, 1, nil]
    var empty: [String: String] = [:]
}

@Suite struct CompactJSONTests {
    private func foundation(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    @Test func writesWhatFoundationWrites() throws {
        let bytes = try CompactJSON.encode(Specimen())
        #expect(String(decoding: bytes, as: UTF8.self) == String(decoding: try foundation(Specimen()), as: UTF8.self))
    }

    @Test func readsWhatItWrites() throws {
        let specimen = Specimen()
        #expect(try CompactJSON.decode(Specimen.self, from: CompactJSON.encode(specimen)) == specimen)
    }

    /// Other spacing, other order, other escapes, members that nobody asks for.
    @Test func readsWhatOthersWrite() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted]
        #expect(try CompactJSON.decode(Specimen.self, from: Array(encoder.encode(Specimen()))) == Specimen())
        let text = #"{ "x" : {"y":[1,{}]}, "a" : [ "\u00e9\ud83d\ude00\/", "" ] ,"\u007a":7, "more":null } "#
        let inner = try CompactJSON.decode(Specimen.Inner.self, from: Array(text.utf8))
        #expect(inner == Specimen.Inner(z: 7, a: ["é😀/", ""]))
    }

    @Test func anyDocumentSurvives() throws {
        var state: UInt64 = 42
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        func document(_ depth: Int) -> JSONValue {
            switch next(depth > 4 ? 5 : 7) {
            case 0: .null
            case 1: .bool(next(2) == 0)
            case 2: .int(Int64(bitPattern: next(1 << 31) << 33 | next(1 << 31)))
            case 3: .double(Double(next(1 << 31)) / 1_024 + 0.5 / 1_024)
            case 4: .string(String((0..<next(8)).map { _ in Character(Unicode.Scalar(UInt8(next(256)))) }))
            case 5: .array((0..<next(5)).map { _ in document(depth + 1) })
            default:
                .object(
                    Dictionary((0..<next(5)).map { ("k\(next(20))é", document(depth + Int($0) + 1)) }) { $1 })
            }
        }
        for _ in 0..<2_000 {
            let value = document(0)
            let bytes = try CompactJSON.encode(value)
            #expect(try bytes == foundation(value))
            #expect(try CompactJSON.decode(JSONValue.self, from: bytes) == value)
        }
    }

    @Test(
        arguments: [
            "", " ", "{", "}", "[1,]", "[,1]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "[1 2]", "tru", "nul", "truee", "01",
            "-", "1.", ".5", "1e", "+1", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"",
            "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "1 1", "[1]]", "NaN", "'a'",
        ])
    func refusesWhatIsNoJSON(text: String) throws {
        #expect(throws: DecodingError.self) { try CompactJSON.decode(JSONValue.self, from: Array(text.utf8)) }
    }

    @Test func refusesWhatIsNoText() {
        for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0x00, 0x22], [0xEF, 0xBB, 0xBF, 0x31]] as [[UInt8]]
        {
            #expect(throws: DecodingError.self) { try CompactJSON.decode(JSONValue.self, from: bytes) }
        }
    }

    /// Every prefix of a document, and the document with any one byte changed, is read or refused; nothing crashes.
    @Test func hostileBytesDoNoHarm() throws {
        let bytes = try CompactJSON.encode(Specimen())
        for end in bytes.indices {
            #expect(throws: DecodingError.self) { try CompactJSON.decode(Specimen.self, from: Array(bytes[..<end])) }
        }
        for index in bytes.indices {
            for byte in [0x00, 0x22, 0x2C, 0x39, 0x5B, 0x5C, 0x7D, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = byte
                _ = try? CompactJSON.decode(Specimen.self, from: changed)
                _ = try? CompactJSON.decode(JSONValue.self, from: changed)
            }
        }
    }

    @Test func deepNestingIsRefused() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
        }
        _ = try CompactJSON.decode(JSONValue.self, from: nested(CompactJSON.depthLimit))
        #expect(throws: DecodingError.self) {
            try CompactJSON.decode(JSONValue.self, from: nested(CompactJSON.depthLimit + 1))
        }
        #expect(throws: DecodingError.self) { try CompactJSON.decode(JSONValue.self, from: nested(1_000_000)) }
    }

    @Test func numbersThatDoNotFitAreRefused() throws {
        #expect(try CompactJSON.decode([Int8].self, from: Array("[-128,127]".utf8)) == [-128, 127])
        for text in ["128", "-129", "1.5", "1e2", "\"1\"", "null"] {
            #expect(throws: DecodingError.self) { try CompactJSON.decode([Int8].self, from: Array("[\(text)]".utf8)) }
        }
        #expect(throws: DecodingError.self) { try CompactJSON.decode([UInt].self, from: Array("[-1]".utf8)) }
        #expect(throws: EncodingError.self) { try CompactJSON.encode([Double.infinity]) }
    }

    @Test(
        arguments: [
            (#"{"inners":[[],[{"a":[]},{"a":[1]}]]}"#, "inners.1.1.a.0"), (#"{"a":1,"inners":[3]}"#, "inners.0"),
            (#"{"inners":[[{"z":"x"}]]}"#, "inners.0.0.z"),
        ])
    func errorsSayWhere(text: String, place: String) throws {
        struct Part: Decodable { var inners: [[Specimen.Inner]] }
        let error = #expect(throws: DecodingError.self) { try CompactJSON.decode(Part.self, from: Array(text.utf8)) }
        guard case .typeMismatch(_, let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.codingPath.map(\.stringValue).joined(separator: ".") == place)
    }

    @Test func aKeyThatIsMissingIsNamed() {
        let error = #expect(throws: DecodingError.self) {
            try CompactJSON.decode([Specimen.Inner].self, from: Array(#"[{"z":1}]"#.utf8))
        }
        guard case .keyNotFound(let key, let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(key.stringValue == "a")
        #expect(context.codingPath.map(\.stringValue) == ["0"])
    }
}
