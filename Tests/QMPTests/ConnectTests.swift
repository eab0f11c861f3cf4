import Glibc
import QMP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectTests {
    @Test func readsTheGreetingAndNegotiates() async throws {
        try await withPeer { client in
            try await client.greet()
            await client.waitForHangUp()
        } body: { path in
            let session = try await QMPSession.connect(path: path)
            #expect(session.greeting.version.description == "7.2.22")
            #expect(session.greeting.version.package == "stub")
            #expect(session.greeting.capabilities == ["oob"])
        }
    }

    @Test func takesAGreetingByteByByte() async throws {
        try await withPeer { client in
            for character in ScriptedClient.greeting { try await client.send(String(character)) }
            try await client.reply(to: try await client.receive())
            await client.waitForHangUp()
        } body: { path in
            _ = try await QMPSession.connect(path: path, timeout: .seconds(60))
        }
    }

    /// A client that is connected before QEMU listens to it can be sent an event first.
    @Test func anEventMayComeBeforeTheGreeting() async throws {
        try await withPeer { client in
            try await client.send(#"{"event": "RESUME", "timestamp": {"seconds": 1, "microseconds": 2}}"# + "\r\n")
            try await client.greet()
            await client.waitForHangUp()
        } body: { path in
            let session = try await QMPSession.connect(path: path)
            #expect(session.greeting.version.description == "7.2.22")
        }
    }

    @Test func saysThatNoGreetingMayMeanAnotherClient() async throws {
        try await withPeer {
            await $0.waitForHangUp()
        } body: { path in
            do throws(QMPError) {
                _ = try await QMPSession.connect(path: path, timeout: .milliseconds(100))
                Issue.record("connected without a greeting")
            } catch {
                #expect(error.reason == .noGreeting(after: .milliseconds(100)))
                #expect(
                    error.description == """
                        QMP connect on \(path): no greeting within 0.1 seconds; QEMU greets one client at a time, so \
                        another client probably holds this socket (or QEMU hangs): close that client or use the second \
                        socket
                        """)
            }
        }
    }

    @Test func timesOutWhereNegotiationIsNotAnswered() async throws {
        try await withPeer { client in
            try await client.send(ScriptedClient.greeting)
            await client.waitForHangUp()
        } body: { path in
            let reason = await reason { () throws(QMPError) in
                try await QMPSession.connect(path: path, timeout: .seconds(4))
            }
            #expect(reason == .timedOut(after: .seconds(4)))
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "{}\r\n", "\n", #"{"return": {}, "id": 1}"# + "\n", #"{"QMP": 7}"# + "\n",
        String(repeating: "[", count: 200_000) + "\n",
    ])
    func refusesWhatIsNoGreeting(line: String) async throws {
        try await withPeer { client in
            try await client.send(line)
            await client.waitForHangUp()
        } body: { path in
            let reason = await reason { () throws(QMPError) in try await QMPSession.connect(path: path) }
            #expect(reason?.isProtocolViolation == true)
        }
    }

    @Test func keepsAHostilePeerOffTheTerminal() async throws {
        try await withPeer { client in
            try await client.send("\u{1B}[2Jgone\n")
            await client.waitForHangUp()
        } body: { path in
            do throws(QMPError) {
                _ = try await QMPSession.connect(path: path)
                Issue.record("connected to a peer that is not QMP")
            } catch {
                #expect(error.description.contains("not QMP: a line starts \u{FFFD}[2Jgone; check"))
            }
        }
    }

    @Test func tellsAHangUpBeforeTheGreeting() async throws {
        try await withPeer { _ in
        } body: { path in
            let reason = await reason { () throws(QMPError) in try await QMPSession.connect(path: path) }
            #expect(reason?.isDisconnected == true)
        }
    }

    @Test func passesOnARefusedNegotiation() async throws {
        try await withPeer { client in
            try await client.send(ScriptedClient.greeting)
            let id = try await client.receive().id
            try await client.send(#"{"error": {"class": "GenericError", "desc": "no"}, "id": \#(id)}"# + "\n")
            await client.waitForHangUp()
        } body: { path in
            let reason = await reason { () throws(QMPError) in try await QMPSession.connect(path: path) }
            #expect(reason == .refused(class: .generic, description: "no"))
        }
    }

    @Test func canBeCancelled() async throws {
        try await withPeer {
            await $0.waitForHangUp()
        } body: { path in
            let outcome = await withTaskGroup(of: QMPError.Reason?.self) { tasks in
                tasks.addTask { await reason { () throws(QMPError) in try await QMPSession.connect(path: path) } }
                try? await Task.sleep(for: .milliseconds(50))
                tasks.cancelAll()
                return await tasks.next() ?? nil
            }
            #expect(outcome == .cancelled)
        }
    }

    @Test func refusesAPathThatDoesNotFit() async throws {
        let path = "/tmp/" + String(repeating: "a", count: 103)
        do throws(QMPError) {
            _ = try await QMPSession.connect(path: path)
            Issue.record("connected to nothing")
        } catch {
            #expect(error.reason == .pathTooLong(bytes: 108))
            #expect(
                error.description
                    == "QMP connect on \(path): the path has 108 bytes, a unix socket's may have 107; use a shorter run folder"
            )
        }
        let fitting = await reason { () throws(QMPError) in try await QMPSession.connect(path: String(path.dropLast()))
        }
        #expect(fitting == .systemCall(name: "connect", errno: ENOENT))
    }

    @Test func namesTheErrnoAndWhatItMeans() async throws {
        do throws(QMPError) {
            _ = try await QMPSession.connect(path: "/tmp/qmp-no-such-socket")
            Issue.record("connected to nothing")
        } catch {
            #expect(
                error.description == """
                    QMP connect on /tmp/qmp-no-such-socket: connect: No such file or directory; QEMU is not running, or \
                    has not made its socket yet
                    """)
        }
    }
}
