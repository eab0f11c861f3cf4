import CLinux
import SystemPackage
import Testing

@testable import Netlink

@Suite("A conversation with the kernel")
struct NetlinkSocketTests {
    @Test("A list that changed meanwhile is asked for again")
    func interruptedOnce() throws {
        let kernel = try ScriptedKernel(answering: [
            ScriptedKernel.link(index: 1, name: "old", sequence: 1, flags: NLM_F_DUMP_INTR),
            ScriptedKernel.done(sequence: 1),
            ScriptedKernel.link(index: 2, name: "new", sequence: 2) + ScriptedKernel.done(sequence: 2),
        ])
        #expect(try kernel.socket.links.list().map(\.name) == ["new"])
    }

    @Test("A list that never stays the same is given up")
    func interruptedForever() throws {
        let answers = (1...32).map { ScriptedKernel.done(sequence: $0, flags: NLM_F_DUMP_INTR) }
        let kernel = try ScriptedKernel(answering: answers)
        let error = #expect(throws: NetlinkError.self) { try kernel.socket.links.list() }
        #expect(error?.reason == .interrupted(attempts: 16))
        #expect(error?.errno == nil)
    }

    @Test("Answers to earlier requests are passed over")
    func staleAnswers() throws {
        let kernel = try ScriptedKernel(answering: [
            ScriptedKernel.link(index: 1, name: "stale", sequence: 0xFFFF_FFFF) + ScriptedKernel.done(sequence: 0),
            ScriptedKernel.link(index: 2, name: "fresh", sequence: 1) + ScriptedKernel.done(sequence: 1),
        ])
        #expect(try kernel.socket.links.list().map(\.name) == ["fresh"])
    }

    @Test("An error at the end of a list is an error, not a short list")
    func errorInDone() throws {
        let kernel = try ScriptedKernel(answering: [
            ScriptedKernel.link(index: 1, name: "a", sequence: 1) + ScriptedKernel.done(sequence: 1, code: -12)
        ])
        let error = #expect(throws: NetlinkError.self) { try kernel.socket.links.list() }
        #expect(error?.reason == .refused(.noMemory))
    }

    @Test("A damaged entry fails the list, and the next request works")
    func damagedEntry() throws {
        let kernel = try ScriptedKernel(answering: [
            ScriptedKernel.message(type: RTM_NEWLINK, sequence: 1, payload: [1, 2, 3]),
            ScriptedKernel.done(sequence: 1),
            ScriptedKernel.link(index: 2, name: "sound", sequence: 2) + ScriptedKernel.done(sequence: 2),
        ])
        let error = #expect(throws: NetlinkError.self) { try kernel.socket.links.list() }
        #expect(error?.description.contains("16 bytes expected where 3 are left") == true)
        #expect(try kernel.socket.links.list().map(\.name) == ["sound"])
    }

    @Test("A datagram larger than the buffer is not read in part")
    func tooLarge() throws {
        let kernel = try ScriptedKernel(answering: [[UInt8](repeating: 0, count: 70_000)])
        let error = #expect(throws: NetlinkError.self) { try kernel.socket.links.list() }
        #expect(error?.reason == .malformedReply("it has 70000 bytes"))
    }

    @Test(
        "A name that the kernel would cut off or expand does not reach it",
        arguments: ["", "a\0b", "tap%d", "a/b", "."])
    func names(name: String) throws {
        let kernel = try ScriptedKernel(answering: [])
        let error = #expect(throws: NetlinkError.self) { try kernel.socket.links.delete(.name(name)) }
        #expect(error?.reason == .invalidName)
        #expect(throws: NetlinkError.self) { try Tap.open(name: name) }
    }

    @Test("Filters by prefix and group")
    func filters() throws {
        let kernel = try ScriptedKernel(answering: [
            ScriptedKernel.link(index: 1, name: "lgb1", sequence: 1),
            ScriptedKernel.link(index: 2, name: "eth0", sequence: 1) + ScriptedKernel.done(sequence: 1),
        ])
        #expect(try kernel.socket.links.list(namePrefix: "lg", group: 0).map(\.name) == ["lgb1"])
        let request = try #require(kernel.requests().first)
        #expect(Int(request.type) == Int(RTM_GETLINK))
        #expect(Int32(request.flags) == NLM_F_REQUEST | NLM_F_DUMP)
    }
}
