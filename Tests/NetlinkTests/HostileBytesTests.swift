import CLinux
import Testing

@testable import Netlink

@Suite("Bytes that no sound kernel sends")
struct HostileBytesTests {
    static let tap = ReceivedMessageTests.tap

    @Test("A datagram that ends early is refused at every length")
    func truncatedDatagram() {
        for length in 1..<Self.tap.count {
            #expect(throws: MalformedMessage.self, "\(length) bytes") {
                try ReceivedMessage.split(Self.tap[..<length])
            }
        }
    }

    @Test("A message whose own length cuts it off gives a value or an error, and never reads on")
    func shortenedMessage() throws {
        var refused = 0
        for length in 0..<Self.tap.count {
            var bytes = Self.tap
            bytes[0] = UInt8(length)
            do throws(MalformedMessage) {
                let first = try ReceivedMessage.split(bytes[..<max(length, 16)])[0]
                #expect(first.payload.count == length - 16)
                _ = try Link(first)
            } catch {
                refused += 1
            }
        }
        // Only the cuts between two attributes, and in the padding before them, after the name are sound.
        #expect(refused > 90 && refused < Self.tap.count - 8)
    }

    @Test(
        "Lengths below a header's own, which would never end", arguments: [0, 1, 3] as [UInt8]
    )
    func attributeLengths(length: UInt8) {
        #expect(throws: MalformedMessage.self) { try ReceivedAttributes([length, 0, 1, 0, 9, 9, 9, 9]) }
    }

    @Test("Message lengths below a header's own", arguments: [0, 1, 15] as [UInt8])
    func messageLengths(length: UInt8) {
        var bytes = Self.tap
        bytes[0] = length
        #expect(throws: MalformedMessage.self) { try ReceivedMessage.split(bytes[...]) }
    }

    @Test("The largest lengths there are")
    func hugeLengths() {
        #expect(throws: MalformedMessage.self) { try ReceivedAttributes([0xFF, 0xFF, 1, 0, 9, 9, 9, 9]) }
        var bytes = Self.tap
        bytes.replaceSubrange(0..<4, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: MalformedMessage.self) { try ReceivedMessage.split(bytes[...]) }
    }

    @Test("An integer of the wrong size")
    func integerSizes() throws {
        let attributes = try ReceivedAttributes([0x06, 0, 4, 0, 0xDC, 0x05, 0, 0])
        #expect(throws: MalformedMessage.self) { try attributes.integer(IFLA_MTU, as: UInt32.self) }
        #expect(try attributes.integer(IFLA_MTU, as: UInt16.self) == 1500)
    }

    @Test("A string without NUL, and one that is not UTF-8")
    func strings() throws {
        let attributes = try ReceivedAttributes([0x06, 0, 1, 0, 0x61, 0x62, 0, 0, 0x06, 0, 2, 0, 0xFF, 0x62])
        #expect(attributes.string(1) == "ab")
        #expect(attributes.string(2) == "\u{FFFD}b")
    }

    @Test("A message of another type, a link without a name, an address without a value")
    func missingParts() throws {
        let done = try ReceivedMessage.split(ScriptedKernel.done(sequence: 1)[...])[0]
        #expect(throws: MalformedMessage.self) { try Link(done) }
        #expect(throws: MalformedMessage.self) { try RouteEntry(done) }
        #expect(throws: MalformedMessage.self) { try Neighbour(done) }
        #expect(throws: MalformedMessage.self) { try InterfaceAddress(done) }
        let nameless = ScriptedKernel.message(
            type: RTM_NEWLINK, sequence: 1, payload: [UInt8](repeating: 0, count: 16))
        #expect(throws: MalformedMessage.self) { try Link(ReceivedMessage.split(nameless[...])[0]) }
        let prefixTooLong = ScriptedKernel.message(
            type: RTM_NEWADDR, sequence: 1, payload: [2, 33, 0, 0, 1, 0, 0, 0, 8, 0, 1, 0, 10, 0, 0, 1])
        #expect(throws: MalformedMessage.self) { try InterfaceAddress(ReceivedMessage.split(prefixTooLong[...])[0]) }
    }

    @Test("Random damage gives a value or an error")
    func randomDamage() {
        var random = SplitMix64(state: 0x6C6F_6467_65)
        var sound = 0
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = Self.tap
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(MalformedMessage) {
                for message in try ReceivedMessage.split(bytes[...]) {
                    if try Acknowledgement(message) == nil { _ = try Link(message) }
                }
                sound += 1
            } catch {
                refused += 1
            }
        }
        #expect(sound > 1000)
        #expect(refused > 1000)
    }
}

/// A generator with a seed, so that a failure can be repeated (Steele, Lea and Flood, "Fast splittable PRNGs", 2014).
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
