import FleetModel
import FoundationEssentials
import Synchronization
import TestSupport
import Testing

@testable import HostAgent

@Suite struct AgentSessionTests {
    private let agent = ScriptedAgent()
    private var session: AgentSession { agent.session }

    private func step(_ id: Int) -> Step {
        let reference = GuestReference(
            id: ObjectID(kind: .guest, fleet: name("demo"), name: name("g")), fleet: name("demo"), name: name("g"))
        return Step(
            id: id, address: ResourceAddress(.guest, name("g")), host: name("local"), verb: "wait",
            operation: .awaitReady(reference, Readiness()))
    }

    private func perform(_ id: Int) -> Task<Result<String?, HostError>, Never> {
        let session = session
        let step = step(id)
        return Task {
            do throws(HostError) {
                return .success(try await session.perform(step, policy: HostPolicy()) { _ in })
            } catch {
                return .failure(error)
            }
        }
    }

    /// The id of the request that carries a step.
    private func request(of step: Int, in frames: [Frame]) throws -> Int {
        try #require(
            frames.first {
                if case .perform(let sent, _) = $0.request { sent.id == step } else { false }
            }
        ).id
    }

    @Test func repliesFindTheirRequestsInAnyOrder() async throws {
        let tasks = (1...5).map { perform($0) }
        let frames = try await agent.receive(5)
        #expect(Set(frames.map(\.id)).count == 5)
        for step in (1...5).reversed() {
            await agent.reply(try request(of: step, in: frames), .done(remark: "step \(step)"))
        }
        for (index, task) in tasks.enumerated() {
            #expect(try await task.value.get() == "step \(index + 1)")
        }
    }

    @Test func eventsAreProgressAndErrorsAreThrown() async throws {
        let lines = Mutex<[String]>([])
        async let outcome: HostError? = {
            do throws(HostError) {
                _ = try await session.perform(step(1), policy: HostPolicy()) { text in
                    lines.withLock { $0.append(text) }
                }
                return nil
            } catch {
                return error
            }
        }()
        let id = try await agent.receive(1)[0].id
        await session.receive(Frame(.event, id: id, text: "one").line)
        await session.receive(Frame(.event, id: id + 100, text: "somebody else's").line)
        await session.receive(Frame(.event, id: id, text: "two").line)
        await agent.reply(id, .failed(HostError(.refused, "no")))
        #expect(await outcome == HostError(.refused, "no"))
        #expect(lines.withLock { $0 } == ["one", "two"])
    }

    @Test func hangingUpFailsWhatWaitsAndWhatComesLater() async throws {
        let tasks = (1...3).map { perform($0) }
        _ = try await agent.receive(3)
        await session.end("it hung up")
        for task in tasks {
            let error = await #expect(throws: HostError.self) { try await task.value.get() }
            #expect(error?.kind == .unreachable)
            #expect(error?.text.contains("it hung up") == true)
        }
        let late = await #expect(throws: HostError.self) { try await session.observe() }
        #expect(late?.kind == .unreachable)
        #expect(agent.received.count == 3)
    }

    @Test func aLineThatIsNoFrameEndsTheSession() async throws {
        let task = perform(1)
        _ = try await agent.receive(1)
        await session.receive(Array("Welcome to Debian!".utf8))
        guard case .failure(let error) = await task.value else {
            Issue.record("no error")
            return
        }
        #expect(error.text.contains("Welcome to Debian!"))
    }

    /// A step that is cut short is told so, and what it then says is what counts.
    @Test func cancellingTellsTheAgentAndStillAwaitsTheReply() async throws {
        let task = perform(1)
        let id = try await agent.receive(1)[0].id
        task.cancel()
        let frames = try await agent.receive(2)
        #expect(frames[1].type == .cancel)
        #expect(frames[1].id == id)
        let isDone = Mutex(false)
        let waiter = Task {
            _ = await task.value
            isDone.withLock { $0 = true }
        }
        try await Task.sleep(for: .milliseconds(50))
        #expect(!isDone.withLock { $0 })
        await agent.reply(id, .done(remark: "done all the same"))
        await waiter.value
        #expect(try await task.value.get() == "done all the same")
    }

    @Test func aReplyInPartsIsPutTogether() async throws {
        let checks = (0..<40_000).map { HostCheck("check \($0)", .good, "well") }
        async let examination = session.examine()
        let id = try await agent.receive(1)[0].id
        #expect(Frame.replying(.examined(checks), id: id).count > 10)
        await agent.reply(id, .examined(checks))
        #expect(try await examination == checks)
    }

    /// Whichever way it ends, the agent is told to look no longer.
    @Test func aLogIsGivenAsItComesUntilNobodyReadsIt() async throws {
        let reference = guestDefinition("g", Self.spec).reference
        let session = session
        let seen = Mutex<[UInt8]>([])
        let following = Task {
            try await session.log(of: reference, lines: 5, follows: true) { bytes in
                seen.withLock { $0 += bytes }
                return bytes != [3]
            }
        }
        let id = try await agent.receive(1)[0].id
        for byte in [1, 2, 3, 4] as [UInt8] { await session.receive(Frame(.data, id: id, data: Data([byte])).line) }
        try await following.value
        #expect(seen.withLock { $0 } == [1, 2, 3])
        #expect(try await agent.receive(2)[1].type == .cancel)

        let cancelled = Task { try await session.log(of: reference, lines: nil, follows: true) { _ in true } }
        _ = try await agent.receive(3)
        cancelled.cancel()
        try await cancelled.value
        #expect(try await agent.receive(4)[3].type == .cancel)

        let cutOff = Task { try await session.log(of: reference, lines: nil, follows: true) { _ in true } }
        _ = try await agent.receive(5)
        await session.end("it hung up")
        let error = await #expect(throws: HostError.self) { try await cutOff.value }
        #expect(error?.kind == .unreachable)
    }

    private static let spec = GuestSpec(
        cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max")

    @Test(arguments: [HostReply.hello(version: Frame.version + 1), .done(remark: nil)])
    func anotherVersionIsNotSpokenWith(reply: HostReply) async throws {
        async let greeting: HostError? = {
            do throws(HostError) {
                try await session.greet()
                return nil
            } catch {
                return error
            }
        }()
        await agent.reply(try await agent.receive(1)[0].id, reply)
        #expect(await greeting?.kind == .unreachable)
    }

    @Test func theSameVersionIsSpokenWith() async throws {
        async let greeting: Void = session.greet()
        let frame = try await agent.receive(1)[0]
        guard case .hello(Frame.version, _) = frame.request else {
            Issue.record("another request")
            return
        }
        await agent.reply(frame.id, .hello(version: Frame.version))
        try await greeting
    }
}
