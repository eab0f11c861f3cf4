import FleetModel
import FoundationEssentials
import Glibc
import HostSystem
import Subprocess
import Synchronization
import SystemPackage

/// The command that is a host's agent, and a session with it.
public struct AgentCommand: Sendable {
    let host: Name
    let program: String
    let arguments: [String]

    /// The agent of this machine: this very program, as root.
    ///
    /// - Throws: where root is needed and cannot be had.
    public init(local host: Name, layout: HostLayout, privilege: Privilege) throws(HostError) {
        self.host = host
        let lodge: String
        do { lodge = try Machine.thisProgram() } catch { throw HostError(.unreachable, error.description) }
        let agent = [lodge, "agent", "--state-dir", layout.stateFolder, "--run-dir", layout.runFolder]
        let direct =
            switch privilege {
            case .auto: geteuid() == 0
            case .none: true
            case .sudo: false
            }
        if direct {
            program = lodge
            arguments = Array(agent.dropFirst())
        } else {
            guard let sudo = Command.find("sudo") else {
                throw HostError(
                    .unreachable,
                    "host \(host) needs root for bridges, taps and QEMU, and this machine has no sudo; "
                        + "run lodge as root, or install sudo")
            }
            program = sudo
            arguments = ["-n"] + agent
        }
    }

    /// Starts the agent, runs `body` with a session, and ends the agent by closing its input: it finishes the step
    /// that it is at, and leaves. It runs in a process group of its own, so that Ctrl-C does not reach it.
    public func withSession<Result: Sendable>(
        _ body: @escaping @Sendable (AgentSession) async -> Result
    ) async throws(HostError) -> Result {
        // An agent that died is seen as a failed write, not as a signal that ends this process.
        signal(SIGPIPE, SIG_IGN)
        var options = PlatformOptions()
        options.processGroupID = 0
        // What `body` gave, which stands however the agent ends after it.
        let given = Mutex<Result?>(nil)
        let outcome: ExecutionResult<Swift.Result<Result, HostError>, SequenceOutput, StringOutput<UTF8>>
        do {
            outcome = try await run(
                .path(FilePath(program)), arguments: Arguments(arguments), platformOptions: options,
                input: .inputWriter, output: .sequence, error: .string(limit: 1 << 20)
            ) { execution in
                let (lines, outbox) = AsyncStream.makeStream(of: [UInt8].self)
                let session = AgentSession(host: host) { outbox.yield($0) }
                async let writing: Void = Self.write(lines, to: execution.standardInputWriter, of: session)
                async let reading: Void = Self.read(execution.standardOutput, into: session)
                let result: Swift.Result<Result, HostError>
                do throws(HostError) {
                    try await session.greet(WebSettings(environment: ProcessInfo.processInfo.environment))
                    let value = await body(session)
                    given.withLock { $0 = value }
                    result = .success(value)
                } catch {
                    result = .failure(error)
                }
                outbox.finish()
                await writing
                await reading
                return result
            }
        } catch {
            if let value = given.withLock({ $0 }) { return value }
            throw HostError(.unreachable, "cannot start the agent of host \(host) (`\(program)`): \(error)")
        }
        switch outcome.closureResult {
        case .success(let result): return result
        case .failure(let error):
            let words = outcome.standardError.split(separator: "\n").suffix(3).joined(separator: "; ")
            throw HostError(
                error.kind, error.text + (words.isEmpty ? "" : "\n  it said: \(words)") + adviceOnSudo(words))
        }
    }

    init(host: Name, program: String, arguments: [String]) {
        self.host = host
        self.program = program
        self.arguments = arguments
    }

    private func adviceOnSudo(_ words: String) -> String {
        guard arguments.first == "-n", !words.isEmpty else { return "" }
        return "\n  to do: run lodge as root, or let this user run it through sudo without a password"
    }

    /// Writes one line after the other, so that large ones do not mix, and closes the agent's input after the last.
    private static func write(
        _ lines: AsyncStream<[UInt8]>, to writer: StandardInputWriter, of session: AgentSession
    ) async {
        do {
            for await line in lines { _ = try await writer.write(line) }
        } catch {
            await session.end("it cannot be written to: \(error)")
        }
        try? await writer.finish()
    }

    private static func read(_ output: SubprocessOutputSequence, into session: AgentSession) async {
        var splitter = LineSplitter(limit: Frame.lineLimit)
        do {
            for try await buffer in output {
                for line in try splitter.add(buffer.withUnsafeBytes(Array.init)) { await session.receive(line) }
            }
            await session.end("it hung up")
        } catch {
            await session.end("\(error)")
        }
    }
}
