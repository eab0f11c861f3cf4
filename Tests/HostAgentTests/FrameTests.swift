import FleetModel
import FoundationEssentials
import TestSupport
import Testing

@testable import HostAgent

@Suite struct FrameTests {
    private let requests: [HostRequest] = [
        .hello(version: 7), .observe, .lock(holder: "a\nb", timeout: .seconds(5)), .examine,
        .console(guestDefinition("web-1", spec).reference),
        .log(guestDefinition("web-1", spec).reference, lines: 3, follows: true),
        .perform(
            Step(
                id: 3, address: ResourceAddress(.guest, name("web-1")), host: name("local"), verb: "start", needs: [1],
                operation: .defineGuest(guestDefinition("web-1", spec)), expects: .absent),
            HostPolicy(memory: .gib(4))),
    ]
    private static let spec = GuestSpec(
        cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max",
        cloudInit: CloudInit(userData: "line\nline \u{2028} “quoted” \\ / \u{0}"))

    @Test func aFrameIsOneLineAndComesBackAsItWas() throws {
        for (id, request) in requests.enumerated() {
            let line = Frame(.request, id: id, request: request).line
            #expect(line.last == 0x0A)
            #expect(line.count { $0 == 0x0A } == 1)
            let frame = try Frame(line: line.dropLast())
            #expect(frame.id == id)
            #expect(frame.type == .request)
            #expect(JSONValue(encoding: frame.request) == JSONValue(encoding: request))
        }
    }

    @Test func everyReplyComesBackAsItWas() throws {
        let replies: [HostReply] = [
            .hello(version: 1), .done(remark: nil), .done(remark: "it did not power off"),
            .failed(HostError(.refused, "no\n  to do: plan again")), .examined([HostCheck("KVM", .bad, "x", fix: "y")]),
        ]
        for reply in replies {
            let lines = Frame.replying(reply, id: 9)
            #expect(lines.count == 1)
            #expect(JSONValue(encoding: try Frame(line: lines[0]).reply) == JSONValue(encoding: reply))
        }
    }

    @Test func aReplyLargerThanALineIsSplit() throws {
        let checks = (0..<40_000).map { HostCheck("check \($0)", .good, "well") }
        let lines = Frame.replying(.examined(checks), id: 5)
        #expect(lines.count > 2)
        var data = Data()
        for line in lines {
            #expect(line.count - 1 <= Frame.lineLimit)
            let frame = try Frame(line: line)
            #expect(frame.id == 5)
            if let part = frame.data {
                #expect(frame.type == .data)
                #expect(part.count <= Frame.dataLimit)
                data.append(part)
            }
        }
        #expect(try Frame(line: lines.last!).type == .reply)
        #expect(try Frame(line: lines.last!).reply == nil)
        guard case .examined(checks) = try JSONDecoder().decode(HostReply.self, from: data) else {
            Issue.record("another reply")
            return
        }
    }

    @Test(
        arguments: [
            "", "{", "null", "[]", "{}", #"{"id":1}"#, #"{"id":"1","type":"reply"}"#, #"{"id":1,"type":"dance"}"#,
            #"{"id":1,"type":"request","request":{"fly":{}}}"#, #"{"id":1e99,"type":"reply"}"#,
            #"{"id":1,"type":"data","data":"not base64!"}"#, "\u{FEFF}",
        ])
    func aHostileLineIsAnError(line: String) {
        #expect(throws: (any Error).self) { try Frame(line: line.utf8) }
    }

    @Test func theIDOfAForeignFrameIsFound() {
        #expect(Frame.id(of: #"{"id":7,"type":"dance","more":[1]}"#.utf8) == 7)
        #expect(Frame.id(of: "{".utf8) == 0)
        #expect(Frame.id(of: #"{"type":"request"}"#.utf8) == 0)
    }

    @Test func onlyWhatChangesTheHostIsNotCutShort() {
        let reference = guestDefinition("web-1", Self.spec).reference
        func performing(_ operation: FleetModel.Operation) -> HostRequest {
            .perform(
                Step(
                    id: 1, address: ResourceAddress(.guest, reference.name), host: name("local"), verb: "x",
                    operation: operation), HostPolicy())
        }
        #expect(performing(.stopGuest(reference, grace: .seconds(1))).isChange)
        #expect(performing(.defineGuest(guestDefinition("web-1", Self.spec))).isChange)
        #expect(!performing(.awaitReady(reference, Readiness())).isChange)
        #expect(!HostRequest.lock(holder: "x", timeout: .seconds(1)).isChange)
        #expect(!HostRequest.console(reference).isChange)
    }
}
