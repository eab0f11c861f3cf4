import FoundationEssentials
import QMP
import Testing

/// The guest agent's protocol, with an agent that a test plays: a guest is not trusted.
@Suite(.timeLimit(.minutes(2)))
struct GuestAgentTests {
    private static let patience = Duration.seconds(60)

    /// Answers the request that every session begins with.
    private static func greet(_ client: ScriptedClient) async throws {
        let line = try await client.receiveLine()
        guard line.first == 0xFF else { throw TestFailure("the session does not begin with a byte 0xFF") }
        struct Synchronisation: Decodable {
            struct Arguments: Decodable { var id: Int64 }
            var execute: String
            var arguments: Arguments
        }
        let request = try JSONDecoder().decode(Synchronisation.self, from: Data(line.dropFirst()))
        guard request.execute == "guest-sync-delimited" else { throw TestFailure("no guest-sync-delimited") }
        try await client.send([0xFF] + Array(#"{"return": \#(request.arguments.id)}"#.utf8) + [0x0A])
    }

    /// Connects to an agent that gives these answers, one a request, and tells how it goes.
    private func talk<Value: Sendable>(
        _ answers: [String], _ body: (GuestAgentSession) async throws(GuestAgentError) -> Value
    ) async throws -> (Value?, GuestAgentError.Reason?) {
        var outcome: (Value?, GuestAgentError.Reason?) = (nil, nil)
        try await withPeer { client in
            try await Self.greet(client)
            for answer in answers {
                _ = try await client.receiveLine()
                try await client.send(answer + "\n")
            }
            await client.waitForHangUp()
        } body: { path in
            do throws(GuestAgentError) {
                outcome.0 = try await body(try await .connect(path: path, timeout: Self.patience))
            } catch {
                outcome.1 = error.reason
            }
        }
        return outcome
    }

    @Test func whatIsLeftOfEarlierConversationsIsDiscarded() async throws {
        try await withPeer { client in
            try await client.send("{\"return\": {\"buf")
            try await client.send([0xFF] + Array("{\"return\": 1}\n".utf8))
            try await client.send("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n{\"half")
            try await Self.greet(client)
            _ = try await client.receiveLine()
            try await client.send("{\"return\": 7}\n")
            await client.waitForHangUp()
        } body: { path in
            let session = try await GuestAgentSession.connect(path: path, timeout: Self.patience)
            #expect(try await session.open("/x", mode: "r") == 7)
        }
    }

    @Test func aProgramsEndIsReadWithItsOutput() async throws {
        let answers = [
            #"{"return": {"pid": 12}}"#, #"{"return": {"exited": false}}"#,
            #"{"return": {"exited": true, "exitcode": 3, "out-data": "aGkK", "out-truncated": true}}"#,
            #"{"return": {"exited": true, "signal": 9}}"#,
        ]
        let (statuses, reason) = try await talk(answers) { session throws(GuestAgentError) in
            let pid = try await session.start("sh", ["-c", "x"])
            return [
                try await session.status(of: pid), try await session.status(of: pid), try await session.status(of: pid),
            ]
        }
        #expect(reason == nil)
        #expect(statuses?.map(\.exited) == [false, true, true])
        #expect(statuses?[1].exitCode == 3 && statuses?[1].output == "aGkK" && statuses?[1].isTruncated == true)
        #expect(statuses?[2].signal == 9 && statuses?[2].isTruncated == false)
    }

    @Test func aRefusalIsTold() async throws {
        let words = #"{"error": {"class": "CommandNotFound", "desc": "guest-file-open is\u001b[2J disabled"}}"#
        try await withPeer { client in
            try await Self.greet(client)
            _ = try await client.receiveLine()
            try await client.send(words + "\n")
            await client.waitForHangUp()
        } body: { path in
            let session = try await GuestAgentSession.connect(path: path, timeout: Self.patience)
            let error = await #expect(throws: GuestAgentError.self) { try await session.open("/x", mode: "r") }
            #expect(error?.description == "guest agent, guest-file-open: guest-file-open is\u{FFFD}[2J disabled")
            guard case .refused("CommandNotFound", _) = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: [
        "", "null", "[]", "{}", #"{"return": "#, #"{"return": "seven"}"#, #"{"return": 1e99}"#, #"{"error": {}}"#,
        String(repeating: "[", count: 100_000), #"{"return": {"pid": 1}}"#, "\u{0}\u{1}",
    ])
    func aLineThatIsNoAnswerIsAnError(line: String) async throws {
        let (number, reason) = try await talk([line]) { session throws(GuestAgentError) in
            try await session.open("/x", mode: "r")
        }
        #expect(number == nil)
        guard case .violation = reason else {
            Issue.record("\(String(describing: reason))")
            return
        }
    }

    /// More than was asked for, or a count that cannot be.
    @Test func aFileHasNoMoreThanWasAskedFor() async throws {
        let (bytes, tooMany) = try await talk([#"{"return": {"count": 3, "buf-b64": "YWJj", "eof": true}}"#]) {
            session throws(GuestAgentError) in try await session.read(1, count: 2)
        }
        #expect(bytes == nil && tooMany != nil)
        for count in ["0", "-1", "4", "9223372036854775807"] {
            let (_, reason) = try await talk([#"{"return": {"count": \#(count), "eof": false}}"#]) {
                session throws(GuestAgentError) in try await session.write([1, 2, 3], to: 1)
            }
            #expect(reason != nil, "\(count)")
        }
        let (_, inParts) = try await talk([#"{"return": {"count": 1}}"#, #"{"return": {"count": 2}}"#]) {
            session throws(GuestAgentError) in try await session.write([1, 2, 3], to: 1)
        }
        #expect(inParts == nil)
    }

    @Test func noAgentIsNotWaitedForForEver() async throws {
        try await withPeer {
            await $0.waitForHangUp()
        } body: { path in
            let error = await #expect(throws: GuestAgentError.self) {
                try await GuestAgentSession.connect(path: path, timeout: .milliseconds(100))
            }
            #expect(error?.reason == .timedOut(after: .milliseconds(100)))
            let task = Task { try await GuestAgentSession.connect(path: path, timeout: Self.patience) }
            task.cancel()
            let cancelled = await #expect(throws: GuestAgentError.self) { try await task.value }
            #expect(cancelled?.reason == .cancelled)
        }
        try await withPeer { _ in
        } body: { path in
            let error = await #expect(throws: GuestAgentError.self) {
                try await GuestAgentSession.connect(path: path, timeout: Self.patience)
            }
            #expect(error?.reason == .disconnected)
        }
        let nobody = await #expect(throws: GuestAgentError.self) {
            try await GuestAgentSession.connect(path: "/nosuch/agent.sock", timeout: Self.patience)
        }
        #expect(nobody?.description.contains("No such file") == true)
    }

    /// A guest that talks without an end of a line is cut off by the clock and by the size of what it says.
    @Test func aGuestThatNeverStopsIsCutOff() async throws {
        try await withPeer { client in
            let noise = [UInt8](repeating: 0x20, count: 1 << 20)
            while true { try await client.send(noise) }
        } body: { path in
            let error = await #expect(throws: GuestAgentError.self) {
                try await GuestAgentSession.connect(path: path, timeout: Self.patience)
            }
            switch error?.reason {
            case .violation, .timedOut: break
            default: Issue.record("\(String(describing: error))")
            }
        }
    }
}
