import FleetModel
import Testing

@testable import ManifestReader

/// Input that is made to hurt ends in an error, soon.
@Suite(.timeLimit(.minutes(2))) struct HostileInputTests {
    private func codes(_ text: String) -> [String] { codes(Array(text.utf8)) }

    private func codes(_ bytes: [UInt8]) -> [String] {
        readManifests([.text(bytes, file: "-", folder: "/")], requireFleet: false).diagnostics.map(\.code)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "[{a: "])
    func deepNesting(opening: String) {
        let found = codes(String(repeating: opening, count: 10_000))
        #expect(found.last == "nesting-too-deep")
        #expect(Set(found).isSubset(of: ["nesting-too-deep", "complex-key"]))
    }

    @Test func deepNestingInBlocks() {
        let text = (0..<2_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(codes(text) == ["nesting-too-deep"])
    }

    @Test func nestingUpToTheBoundIsRead() {
        let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(codes(text) == ["wrong-type"])
    }

    @Test func aliasesDoNotNestDeeperThanText() {
        var text = "a0: &a0 [[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]\n"
        for index in 1...8 { text += "a\(index): &a\(index) [[[[[[[[[[[[[[[[*a\(index - 1)]]]]]]]]]]]]]]]]\n" }
        #expect(codes(text) == ["nesting-too-deep"])
    }

    @Test func aScalarOfAHundredMegabytes() {
        #expect(codes(Array(repeating: UInt8(ascii: "a"), count: 100_000_000)) == ["manifest-too-large"])
    }

    @Test func aScalarOfTwoMegabytes() {
        #expect(codes("a: " + String(repeating: "x", count: 2 << 20)) == ["scalar-too-long"])
        #expect(codes("a: \"" + String(repeating: "x", count: 2 << 20) + "\"") == ["scalar-too-long"])
    }

    @Test func anAliasBomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for index in 1...30 {
            let aliases = Array(repeating: "*a\(index - 1)", count: 10).joined(separator: ", ")
            text += "a\(index): &a\(index) [\(aliases)]\n"
        }
        #expect(codes(text) == ["too-many-nodes"])
    }

    @Test func aMergeBomb() {
        var text = "a0: &a0 {x: 1}\n"
        for index in 1...30 {
            let aliases = Array(repeating: "*a\(index - 1)", count: 10).joined(separator: ", ")
            text += "a\(index): &a\(index) {<<: [\(aliases)]}\n"
        }
        #expect(codes(text) == ["too-many-nodes"])
    }

    @Test func manyNodes() {
        #expect(codes("[" + String(repeating: "a,", count: 1_000_001) + "]") == ["too-many-nodes"])
    }

    @Test func manyFiles() {
        let comment = Array(("#" + String(repeating: "x", count: 15 << 20)).utf8)
        let sources = (0..<5).map { ManifestSource.text(comment, file: "\($0)", folder: "/") }
        let reading = readManifests(sources, requireFleet: false)
        #expect(Set(reading.diagnostics.map(\.code)) == ["manifest-too-large", "empty-manifest"])
    }

    @Test func manyProblems() {
        let text =
            "apiVersion: lodge/v1\nkind: Fleet\nmetadata:\n  name: a\n"
            + (0..<20_000).map { "  k\($0): 1\n" }.joined()
        let found = codes(text)
        #expect(found.count == 10_001)
        #expect(found.last == "too-many-problems")
    }

    @Test func problemsOfALongLine() {
        let text =
            "apiVersion: lodge/v1\nkind: Fleet\nmetadata: {name: a, "
            + (0..<5_000).map { "k\($0): 1, " }.joined() + "}\n"
        let reading = readManifests([.text(Array(text.utf8), file: "-", folder: "/")], requireFleet: false)
        #expect(reading.diagnostics.count == 5_000)
        #expect(reading.diagnostics.allSatisfy { ($0.sourceLine ?? "").unicodeScalars.count <= 400 })
    }

    @Test func aLongTextThatManyGuestsHave() {
        // 20,000 copies of it would be 10 GB.
        let guests = (0..<20_000).map { "---\napiVersion: lodge/v1\nkind: Guest\nmetadata: {name: g\($0)}\n" }.joined()
        let text =
            "apiVersion: lodge/v1\nkind: Fleet\nmetadata: {name: a}\nspec:\n  defaults:\n"
            + "    memory: 1GiB\n    disks: [{name: a, size: 1GiB}]\n    cloudInit: {userData: \"#!\(String(repeating: "x", count: 500_000))\"}\n"
        #expect(Set(codes(text + guests)) == ["nothing-to-boot", "too-many-problems"])
    }

    @Test func defaultsThatAreTooLargeForTheirGuests() {
        let guests = (0..<5_000).map { "---\napiVersion: lodge/v1\nkind: Guest\nmetadata: {name: g\($0)}\n" }.joined()
        let users = (0..<5_000).map { "{name: u\($0)}" }.joined(separator: ", ")
        let text =
            "apiVersion: lodge/v1\nkind: Fleet\nmetadata: {name: a}\nspec: {defaults: {cloudInit: {users: [\(users)]}}}\n"
        #expect(codes(text + guests).contains("too-many-nodes"))
    }

    @Test func longLists() {
        let nics = (0..<50_000).map { "{name: n\($0), network: lan}" }.joined(separator: ", ")
        let text =
            "apiVersion: lodge/v1\nkind: Guest\nmetadata: {name: a}\n"
            + "spec: {memory: 1GiB, machine: microvm, boot: {image: /dev/null}, nics: [\(nics)]}\n"
        #expect(codes(text) == ["unreadable-file", "out-of-range"])
    }

    @Test func aRecursiveAlias() {
        #expect(codes("&a [*a]") == ["wrong-type", "recursive-alias"])
        #expect(codes("&a {b: *a}").contains("recursive-alias"))
        #expect(codes("&a {<<: *a}").contains("recursive-alias"))
    }

    @Test(arguments: [[], Array("\n\n".utf8), Array("# only a comment".utf8), [0xEF, 0xBB, 0xBF]])
    func anEmptyFile(bytes: [UInt8]) {
        #expect(codes(bytes) == ["empty-manifest"])
    }

    @Test func anEmptyDocument() {
        #expect(codes("---\n---\n...\n") == [])
    }

    @Test(arguments: [
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0], [0x1B],
    ])
    func whatIsNoText(bytes: [UInt8]) {
        #expect(codes(Array("a: ".utf8) + bytes) == ["invalid-encoding"])
    }

    /// Bytes that are drawn anew in the same way on each run.
    @Test func noise() {
        var generator = Generator(state: 42)
        let alphabet = Array("{}[]:,-?&*!|>'\"%@`#~ \n\tabk<\u{e9}${".utf8)
        for _ in 0..<3_000 {
            let length = Int.random(in: 0..<120, using: &generator)
            _ = codes((0..<length).map { _ in alphabet.randomElement(using: &generator)! })
        }
    }

    /// A linear congruential generator with Knuth's constants for MMIX.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }
}
