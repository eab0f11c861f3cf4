import Testing

@testable import HostAgent

@Suite struct LineSplitterTests {
    /// However the bytes are cut into chunks, the lines are the same.
    @Test(arguments: 0..<50) func chunksDoNotMatter(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let lines = (0..<20).map { _ in
            (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 11...255, using: &random) }
        }
        let bytes = lines.flatMap { $0 + [0x0A] } + Array("unfinished".utf8)
        var splitter = LineSplitter(limit: 40)
        var found: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...30, using: &random)
            found += try splitter.add(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        #expect(found == lines)
        #expect(try splitter.add([0x0A]) == [Array("unfinished".utf8)])
    }

    @Test func aLineOfTheLimitPassesAndALongerOneDoesNot() throws {
        var splitter = LineSplitter(limit: 4)
        #expect(try splitter.add(Array("abcd\n".utf8)) == [Array("abcd".utf8)])
        #expect(throws: LineSplitter.Overflow.self) { try splitter.add(Array("abcde\n".utf8)) }
        var endless = LineSplitter(limit: 4)
        #expect(throws: LineSplitter.Overflow.self) { try endless.add(Array("abcde".utf8)) }
    }
}

/// Steele, Lea and Flood's SplitMix64: the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
