import FoundationEssentials
import QMP
import Testing

struct QMPValueTests {
    @Test func readsEveryKind() throws {
        let json = #"{"a":[null,true,-7,18446744073709551615,1.5,"t"],"b":{}}"#
        let value = try JSONDecoder().decode(QMPValue.self, from: Data(json.utf8))
        let elements: [QMPValue] = [nil, true, -7, .unsigned(.max), .number(1.5), "t"]
        #expect(value == ["a": .array(elements), "b": [:]])
        #expect(value["a"]?["b"] == nil)
    }

    @Test func survivesARoundTrip() throws {
        let value: QMPValue = ["big": .integer(.max), "huge": .unsigned(.max), "text": "a\n\"\u{1F600}", "flag": false]
        let data = try JSONEncoder().encode(value)
        #expect(!data.contains(UInt8(ascii: "\n")))
        #expect(try JSONDecoder().decode(QMPValue.self, from: data) == value)
    }
}
