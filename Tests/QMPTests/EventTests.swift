import QMP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EventTests {
    private static let stamp = #""timestamp": {"seconds": 1700000000, "microseconds": 250000}"#

    private static func line(_ name: String, _ data: String = "{}") -> String {
        #"{"event": "\#(name)", "data": \#(data), \#(stamp)}"# + "\r\n"
    }

    @Test func deliversEventsBetweenReplies() async throws {
        try await withPeer { client in
            try await client.greet()
            let request = try await client.receive()
            try await client.send(Self.line("DEVICE_DELETED", #"{"path": "/machine/x"}"#))
            try await client.reply(to: request)
            try await client.send(Self.line("DEVICE_DELETED", #"{"device": "nic0", "path": "/machine/y"}"#))
        } body: { path in
            let session = try await QMPSession.connect(path: path)
            let first = session.events()
            let second = session.events()
            _ = try await session.execute("device_del", arguments: ["id": "nic0"])
            for stream in [first, second] {
                var events: [QMPEvent] = []
                for try await event in stream { events.append(event) }
                #expect(events.map(\.data["device"]) == [nil, "nic0"])
                #expect(events.first?.name == "DEVICE_DELETED")
                #expect(events.first?.sinceEpoch == .seconds(1_700_000_000) + .milliseconds(250))
            }
        }
    }

    @Test func readsAnEventWithoutDataOrClock() async throws {
        try await withPeer { client in
            try await client.greet()
            _ = try await client.receive()
            try await client.send(#"{"event": "STOP", "timestamp": {"seconds": -1, "microseconds": -1}}"# + "\n")
        } body: { path in
            let session = try await QMPSession.connect(path: path)
            var events = session.events().makeAsyncIterator()
            try await session.quit()
            #expect(try await events.next() == QMPEvent(name: "STOP"))
            #expect(try await events.next() == nil)
        }
    }

    @Test func saysThatEventsAreLost() async throws {
        try await withPeer { client in
            try await client.greet()
            let request = try await client.receive()
            for number in 0..<10 { try await client.send(Self.line("E\(number)")) }
            try await client.reply(to: request)
            await client.waitForHangUp()
        } body: { path in
            let session = try await QMPSession.connect(path: path)
            var slow = session.events(limit: 4).makeAsyncIterator()
            var fast = session.events(limit: 11).makeAsyncIterator()
            _ = try await session.execute(Stop())
            for number in 0..<4 { #expect(try await slow.next()?.name == "E\(number)") }
            await #expect(throws: QMPError(operation: "events", socketPath: path, reason: .eventsLost(limit: 4))) {
                try await slow.next()
            }
            #expect(try await slow.next() == nil)
            for number in 0..<10 { #expect(try await fast.next()?.name == "E\(number)") }
        }
    }

    @Test(arguments: [
        #"{"event": "A"}"#,
        #"{"event": 7}"#,
        #"{"event": "A", "data": "\#(String(repeating: "x", count: 70_000))", \#(stamp)}"#,
    ])
    func closesOnWhatIsNoHonestEvent(line: String) async throws {
        try await withPeer { client in
            try await client.greet()
            _ = try await client.receive()
            try await client.send(line + "\n")
            await client.waitForHangUp()
        } body: { path in
            let session = try await QMPSession.connect(path: path)
            var events = session.events().makeAsyncIterator()
            let reason = await reason { () throws(QMPError) in try await session.execute(Stop()) }
            #expect(reason?.isProtocolViolation == true || reason == .lineTooLong(limit: 64 << 10))
            #expect(try await events.next() == nil)
        }
    }

    @Test func aStreamKeepsItsSessionOpen() async throws {
        try await withPeer { client in
            try await client.greet()
            try await Task.sleep(for: .milliseconds(100))
            try await client.send(Self.line("RESUME"))
            await client.waitForHangUp()
        } body: { path in
            var events = try await QMPSession.connect(path: path).events().makeAsyncIterator()
            #expect(try await events.next()?.name == "RESUME")
        }
    }
}
