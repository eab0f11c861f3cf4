import QMP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExecuteTests {
    /// Connects to a peer that greets and then follows `script`.
    private func withSession(
        _ script: @escaping @Sendable (ScriptedClient) async throws -> Void,
        limits: QMPLimits = QMPLimits(),
        body: @escaping @Sendable (QMPSession) async throws -> Void
    ) async throws {
        try await withPeer { client in
            try await client.greet()
            try await script(client)
        } body: { path in
            try await body(try await QMPSession.connect(path: path, limits: limits))
        }
    }

    @Test func sendsNameAndArguments() async throws {
        try await withSession { client in
            let request = try await client.receive()
            let expected =
                request.execute == "qom-get" && request.arguments == ["path": "/machine", "property": "type"]
            try await client.reply(to: request, expected ? #""q35""# : #""bad""#)
            let empty = try await client.receive()
            try await client.reply(to: empty, empty.arguments == [:] ? #"{"enabled":true,"present":true}"# : "7")
        } body: { session async throws in
            #expect(try await session.execute(QOMGet(path: "/machine", property: "type")) == "q35")
            #expect(try await session.execute(QueryKVM()).enabled)
        }
    }

    @Test func matchesRepliesThatComeInAnotherOrder() async throws {
        try await withSession { client in
            var requests: [ScriptedClient.Request] = []
            for _ in 0..<50 { requests.append(try await client.receive()) }
            for request in requests.reversed() {
                try await client.reply(to: request, "\"\(request.arguments?["path"]?.stringValue ?? "")\"")
            }
            await client.waitForHangUp()
        } body: { session async throws in
            try await withThrowingTaskGroup(of: (String, QMPValue).self) { tasks in
                for number in 0..<50 {
                    let path = "/\(number)"
                    tasks.addTask { (path, try await session.execute(QOMGet(path: path, property: "x"))) }
                }
                for try await (path, reply) in tasks { #expect(reply.stringValue == path) }
            }
        }
    }

    @Test func failsEveryRequestOnAReplyThatNobodyAskedFor() async throws {
        try await withSession { client in
            let id = try await client.receive().id
            _ = try await client.receive()
            try await client.send(#"{"return": {}, "id": \#(id + 1000)}"# + "\n")
            await client.waitForHangUp()
        } body: { session async throws in
            async let first = reason { () throws(QMPError) in try await session.execute(Stop()) }
            async let second = reason { () throws(QMPError) in try await session.execute(Cont()) }
            #expect(await first?.isProtocolViolation == true)
            #expect(await second?.isProtocolViolation == true)
            let later = await reason { () throws(QMPError) in try await session.execute(Stop()) }
            #expect(later?.isProtocolViolation == true)
        }
    }

    @Test(arguments: [#"{"return": {}}"#, #"{"id": 1}"#, #"{"return": {}, "id": "1"}"#, "{"])
    func refusesWhatIsNoReply(line: String) async throws {
        try await withSession { client in
            _ = try await client.receive()
            try await client.send(line + "\n")
            await client.waitForHangUp()
        } body: { session async throws in
            let reason = await reason { () throws(QMPError) in try await session.execute(Stop()) }
            #expect(reason?.isProtocolViolation == true)
        }
    }

    @Test func readsHalfLinesAndManyLinesAtOnce() async throws {
        try await withSession { client in
            let first = try await client.receive()
            let second = try await client.receive()
            try await client.send(#"{"return": {"name": "hal"#)
            try await Task.sleep(for: .milliseconds(20))
            try await client.send(#"f"}, "id": \#(first.id)}"# + "\r\n" + #"{"return": {"na"#)
            try await Task.sleep(for: .milliseconds(20))
            try await client.send(#"me": "whole"}, "id": \#(second.id)}"# + "\r\n")
            await client.waitForHangUp()
        } body: { session async throws in
            async let first = session.execute(QueryName())
            async let second = session.execute(QueryName())
            #expect(Set([try await first.name, try await second.name]) == ["half", "whole"])
        }
    }

    @Test func closesOnALineAboveTheLimit() async throws {
        try await withSession { client in
            _ = try await client.receive()
            let block = String(repeating: " ", count: 1 << 20)
            for _ in 0..<20 { try await client.send(block) }
            await client.waitForHangUp()
        } body: { session async throws in
            let reason = await reason { () throws(QMPError) in try await session.execute(Stop()) }
            #expect(reason == .lineTooLong(limit: 16 << 20))
        }
    }

    @Test func takesALongLineWithinTheLimit() async throws {
        let text = String(repeating: "x", count: 3 << 20)
        try await withSession { client in
            try await client.reply(to: try await client.receive(), "\"\(text)\"")
            await client.waitForHangUp()
        } body: { session async throws in
            #expect(try await session.execute("query-long") == .string(text))
        }
    }

    @Test func passesOnARefusalAndGoesOn() async throws {
        try await withSession { client in
            let id = try await client.receive().id
            let error = #"{"class": "DeviceNotFound", "desc": "Device 'x' not found"}"#
            try await client.send(#"{"error": \#(error), "id": \#(id)}"# + "\n")
            try await client.reply(to: try await client.receive())
            await client.waitForHangUp()
        } body: { session async throws in
            do throws(QMPError) {
                _ = try await session.execute("device_del", arguments: ["id": "x"])
                Issue.record("not refused")
            } catch {
                #expect(error.reason == .refused(class: .deviceNotFound, description: "Device 'x' not found"))
                #expect(
                    error.description == """
                        QMP device_del on \(session.socketPath): QEMU refused (DeviceNotFound): Device 'x' not found; \
                        list the devices again, since this one is gone
                        """)
            }
            _ = try await session.execute(Stop())
        }
    }

    @Test func saysWhereAReplyHasAnotherShape() async throws {
        try await withSession { client in
            try await client.reply(to: try await client.receive(), #"{"status": "running"}"#)
            await client.waitForHangUp()
        } body: { session async throws in
            let reason = await reason { () throws(QMPError) in try await session.execute(QueryStatus()) }
            guard case .unexpectedReply(let text) = reason else {
                Issue.record("\(String(describing: reason))")
                return
            }
            #expect(text.contains("running"))
        }
    }

    @Test func keepsAStateThatItDoesNotKnow() async throws {
        try await withSession { client in
            try await client.reply(to: try await client.receive(), #"{"status": "dreaming", "running": false}"#)
            await client.waitForHangUp()
        } body: { session async throws in
            #expect(try await session.execute(QueryStatus()).status == .unknown("dreaming"))
        }
    }

    @Test func timesOutAndDropsTheLateReply() async throws {
        try await withSession { client in
            let slow = try await client.receive()
            let next = try await client.receive()
            try await client.reply(to: slow, #"{"name": "late"}"#)
            try await client.reply(to: next, #"{"name": "next"}"#)
            await client.waitForHangUp()
        } body: { session async throws in
            let timeout = Duration.milliseconds(50)
            let reason = await reason { () throws(QMPError) in try await session.execute(QueryName(), timeout: timeout)
            }
            #expect(reason == .timedOut(after: timeout))
            #expect(try await session.execute(QueryName()).name == "next")
        }
    }

    @Test func canBeCancelledAndDropsTheLateReply() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        try await withSession { client in
            let slow = try await client.receive()
            arrived.yield()
            let next = try await client.receive()
            try await client.reply(to: slow, #"{"name": "late"}"#)
            try await client.reply(to: next, #"{"name": "next"}"#)
            await client.waitForHangUp()
        } body: { session async throws in
            let outcome = await withTaskGroup(of: QMPError.Reason?.self) { tasks in
                tasks.addTask { await reason { () throws(QMPError) in try await session.execute(QueryName()) } }
                for await _ in arrivals { break }
                tasks.cancelAll()
                return await tasks.next() ?? nil
            }
            #expect(outcome == .cancelled)
            #expect(try await session.execute(QueryName()).name == "next")
        }
    }

    @Test func sendsNothingForATaskThatIsCancelledAlready() async throws {
        try await withSession { client in
            let first = try await client.receive()
            try await client.reply(to: first, #"{"name": "\#(first.execute)"}"#)
            await client.waitForHangUp()
        } body: { session async throws in
            let outcome = await withTaskGroup(of: QMPError.Reason?.self) { tasks in
                tasks.cancelAll()
                tasks.addTask { await reason { () throws(QMPError) in try await session.execute(Stop()) } }
                return await tasks.next() ?? nil
            }
            #expect(outcome == .cancelled)
            #expect(try await session.execute(QueryName()).name == "query-name")
        }
    }

    /// Cancels at every moment of many requests: whichever way each race ends, no wait is left behind.
    @Test func survivesCancellationAtAnyMoment() async throws {
        try await withSession { client in
            while true { try await client.reply(to: try await client.receive()) }
        } body: { session async throws in
            for round in 0..<100 {
                await withTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<10 { tasks.addTask { _ = try? await session.execute(Stop()) } }
                    for _ in 0..<round { await Task.yield() }
                    tasks.cancelAll()
                }
            }
            _ = try await session.execute(Cont())
        }
    }

    @Test func failsAllThatIsInFlightWhenThePeerHangsUp() async throws {
        try await withSession { client in
            for _ in 0..<3 { _ = try await client.receive() }
            try await client.send(#"{"return": {}, "i"#)
        } body: { session async throws in
            let reasons = await withTaskGroup(of: QMPError.Reason?.self) { tasks in
                for _ in 0..<3 {
                    tasks.addTask { await reason { () throws(QMPError) in try await session.execute(Stop()) } }
                }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(reasons.count == 3)
            for reason in reasons { #expect(reason?.isDisconnected == true) }
            let late = await reason { () throws(QMPError) in try await session.execute(Stop()) }
            #expect(late == .closed)
            let quit = await reason { () throws(QMPError) in try await session.quit() }
            #expect(quit == .closed)
        }
    }

    @Test func takesAHangUpForTheAnswerToQuit() async throws {
        try await withSession { client in
            _ = try await client.receive()
        } body: { session async throws in
            try await session.quit()
        }
    }

    @Test func closeFailsWhatIsInFlight() async throws {
        try await withSession {
            await $0.waitForHangUp()
        } body: { session async throws in
            async let reply = reason { () throws(QMPError) in try await session.execute(Stop()) }
            try await Task.sleep(for: .milliseconds(20))
            session.close()
            session.close()
            #expect(await reply == .closed)
        }
    }

    @Test func droppingTheSessionClosesTheSocket() async throws {
        let (hangUps, told) = AsyncStream.makeStream(of: Void.self)
        try await withPeer { client in
            try await client.greet()
            await client.waitForHangUp()
            told.yield()
        } body: { path async throws in
            #expect(try await QMPSession.connect(path: path).greeting.version.qemu.major == 7)
            var iterator = hangUps.makeAsyncIterator()
            #expect(await iterator.next() != nil)
        }
    }
}
