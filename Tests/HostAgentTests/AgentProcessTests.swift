import FleetModel
import FoundationEssentials
import HostSystem
import TestSupport
import Testing

@testable import HostAgent

/// The built `lodge agent`, over pipes.
@Suite struct AgentProcessTests {
    private let folder = TemporaryFolder()
    private var layout: HostLayout { folder.layout }
    private var arguments: [String] {
        ["agent", "--state-dir", layout.stateFolder, "--run-dir", layout.runFolder]
    }

    /// Sends lines and the end of input.
    ///
    /// - Returns: the agent's replies by request.
    private func converse(_ lines: [String]) async throws -> [Int: HostReply] {
        let outcome = try await LodgeProgram.run(arguments, input: lines.map { $0 + "\n" }.joined())
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        var replies: [Int: HostReply] = [:]
        for line in outcome.output.split(separator: "\n") {
            let frame = try Frame(line: line.utf8)
            if let reply = frame.reply { replies[frame.id] = reply }
        }
        return replies
    }

    private func line(_ id: Int, _ request: HostRequest) -> String {
        String(decoding: Frame(.request, id: id, request: request).line.dropLast(), as: UTF8.self)
    }

    private func error(_ reply: HostReply?) -> HostError? {
        if case .failed(let error) = reply { error } else { nil }
    }

    @Test func endsWithItsInput() async throws {
        #expect(try await converse([]).isEmpty)
        guard case .hello(Frame.version) = try await converse([line(1, .hello(version: Frame.version))])[1] else {
            Issue.record("no greeting")
            return
        }
        #expect(!Files.exists(layout.stateFolder))
    }

    /// Whoever asks gets an answer, also to what only a later version understands.
    @Test func nonsenseIsAnsweredAndDoesNoHarm() async throws {
        let replies = try await converse([
            "garbage", #"{"id":2,"type":"request","request":{"fly":{"to":"the moon"}}}"#, #"{"id":3,"type":"request"}"#,
            #"{"id":4,"type":"dance"}"#, #"{"id":99,"type":"cancel"}"#, #"{"id":98,"type":"data","data":"AAAA"}"#,
            line(5, .hello(version: Frame.version)),
        ])
        for id in [0, 2, 3, 4] { #expect(error(replies[id])?.kind == .failed, "request \(id)") }
        guard case .hello = replies[5] else {
            Issue.record("no greeting after nonsense")
            return
        }
    }

    @Test func aLineWithoutEndIsNotReadForEver() async throws {
        let agent = ([LodgeProgram.path] + arguments).joined(separator: " ")
        let outcome = try await Command.outcome(
            of: "sh", ["-c", "head -c \(Frame.lineLimit + 70_000) /dev/zero | \(agent)"], package: "dash")
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.isEmpty)
    }

    @Test func changesNeedTheLock() async throws {
        let step = Step(
            id: 1, address: ResourceAddress(.guest, name("g")), host: name("local"), verb: "remove",
            operation: .removeLeftover(Leftover(kind: .runFolder, subject: "/", proof: "none")))
        let replies = try await converse([line(1, .perform(step, HostPolicy()))])
        #expect(error(replies[1])?.kind == .refused)
    }

    @Test func aSessionObservesAnEmptyHostAndLeavesNoState() async throws {
        let command = AgentCommand(host: name("local"), program: LodgeProgram.path, arguments: arguments)
        let live = try await command.withSession { session -> Result<LiveHost, HostError> in
            do throws(HostError) { return .success(try await session.observe()) } catch { return .failure(error) }
        }.get()
        #expect(live.guests.isEmpty && live.networks.isEmpty && live.cache.isEmpty && live.leftovers.isEmpty)
        #expect(live.facts.memory == ByteCount(bytes: Machine.memory))
        #expect(live.facts.cpus >= 1)
        #expect(!Files.exists(layout.stateFolder))
    }

    @Test func anAgentThatDiesAtOnceIsAnErrorWithItsWords() async throws {
        let command = AgentCommand(
            host: name("local"), program: "/bin/sh", arguments: ["-c", "echo sorry, no >&2; exit 1"])
        let error = await #expect(throws: HostError.self) { try await command.withSession { _ in true } }
        #expect(error?.kind == .unreachable)
        #expect(error?.text.contains("it said: sorry, no") == true, "\(error?.text ?? "")")
    }

    @Test func aMissingAgentIsAnError() async throws {
        let command = AgentCommand(host: name("local"), program: "/nowhere/lodge", arguments: [])
        let error = await #expect(throws: HostError.self) { try await command.withSession { _ in true } }
        #expect(error?.kind == .unreachable)
    }

    /// Requests larger than a pipe, at once: none mixes with another.
    @Test func largeRequestsArriveWhole() async throws {
        let command = AgentCommand(host: name("local"), program: LodgeProgram.path, arguments: arguments)
        let spec = GuestSpec(
            cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max",
            cloudInit: CloudInit(userData: String(repeating: "x", count: 300_000)))
        let step = Step(
            id: 1, address: ResourceAddress(.guest, name("g")), host: name("local"), verb: "define",
            operation: .defineGuest(guestDefinition("g", spec)))
        let kinds = try await command.withSession { session in
            await withTaskGroup(of: HostError.Kind?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        do throws(HostError) {
                            _ = try await session.perform(step, policy: HostPolicy()) { _ in }
                            return nil
                        } catch {
                            return error.kind
                        }
                    }
                }
                return await group.reduce(into: [HostError.Kind?]()) { $0.append($1) }
            }
        }
        // Understood, and refused for want of the lock.
        #expect(kinds == Array(repeating: .refused, count: 6))
    }

    /// A change that was begun is brought to its end, though whoever asked for it has gone.
    @Test(.enabled(if: isRoot, "needs root: gives disks to QEMU's user"))
    func aStepIsFinishedThoughTheClientHangsUp() async throws {
        var spec = GuestSpec(cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max")
        spec.disks = (0..<3).map { DiskSpec(name: name("disk-\($0)"), size: .mib(16)) }
        spec.cloudInit = CloudInit()
        let definition = guestDefinition("g", spec)
        let step = Step(
            id: 1, address: ResourceAddress(.guest, definition.name), host: name("local"), verb: "define",
            operation: .defineGuest(definition))
        let lock = try folder.write(line(1, .lock(holder: "test", timeout: .seconds(0))) + "\n", to: "lock")
        let request = try folder.write(line(2, .perform(step, HostPolicy())) + "\n", to: "step")
        let agent = ([LodgeProgram.path] + arguments).joined(separator: " ")
        // The step begins once the lock is held, and the input ends with the step.
        let output = try await Command.run(
            "timeout",
            [
                "--signal=KILL", "120", "sh", "-c",
                """
                cd \(folder.path); mkfifo in; \(agent) <in >out & exec 3>in
                cat \(lock) >&3; until grep -q . out; do sleep 0.05; done
                cat \(request) >&3; exec 3>&-; wait; cat out
                """,
            ], package: "coreutils", limit: nil)
        let replies = try output.split(separator: "\n").map { try Frame(line: $0.utf8) }
        guard case .done = replies.first(where: { $0.id == 2 })?.reply else {
            Issue.record("\(output)")
            return
        }
        let guest = layout.guest(definition.owner.fleet, definition.name)
        for disk in spec.disks { #expect(Files.exists(guest.disk(disk.name))) }
        #expect(Files.exists(guest.seed))
        #expect(try JSONFile.read(GuestDefinition.self, from: guest.definition).pendingDisks.isEmpty)
    }
}
