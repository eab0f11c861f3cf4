import FleetModel
import QMP

/// The QEMU guest agent of a guest, by the channel that each guest has. QEMU serves one client at a time: who waits for
/// something in the guest does not hold the channel meanwhile.
public struct GuestAgent: Sendable {
    let guest: GuestReference
    let path: String
    private let layout: HostLayout

    /// How long the agent may take to answer at all. In a guest without KVM, on a busy host, seconds were seen.
    private static let patience = Duration.seconds(30)

    public init(_ guest: GuestReference, layout: HostLayout) {
        self.guest = guest
        path = layout.guestRun(guest.id).agent
        self.layout = layout
    }

    /// Connects, and says where it cannot what that means.
    func session(for operation: String) async throws(ExecutorError) -> GuestAgentSession {
        let process = try GuestStore(layout: layout).running(guest.id)
        guard process?.spec.devices != .legacy else {
            throw ExecutorError(
                operation, "it has legacy devices, and with them no channel for a guest agent",
                advice: "use its console or its network")
        }
        do throws(GuestAgentError) {
            return try await GuestAgentSession.connect(path: path, timeout: Self.patience)
        } catch {
            switch error.reason {
            case .timedOut(let time):
                throw ExecutorError(
                    operation, "no guest agent answers within \(time.components.seconds) s",
                    advice: "install qemu-guest-agent in the guest and let it run; while the guest boots, try again")
            case .systemCall, .disconnected:
                throw ExecutorError(operation, error.description, advice: "the guest does not run: see lodge status")
            default: throw ExecutorError(operation, error)
            }
        }
    }

    /// True where the agent answers within some seconds.
    public func answers() async -> Bool {
        guard let session = try? await GuestAgentSession.connect(path: path, timeout: .seconds(5)) else { return false }
        await session.end()
        return true
    }

    /// Runs a program in the guest to its end.
    ///
    /// - Parameters:
    ///   - command: the program, looked for in the agent's PATH, and its arguments.
    ///   - input: its standard input, in base64.
    /// - Throws: also where the task is cancelled; the program runs on.
    public func run(_ command: [String], input: String? = nil) async throws(ExecutorError) -> GuestExecStatus {
        let operation = "run \(command.first ?? "nothing") in guest \(guest.name)"
        let started = try await session(for: operation)
        do throws(GuestAgentError) {
            let pid = try await started.start(command.first ?? "", Array(command.dropFirst()), input: input)
            var status = try await started.status(of: pid)
            await started.end()
            var pause = 25
            while !status.exited {
                try? await Task.sleep(for: .milliseconds(pause))
                pause = min(500, pause * 2)
                let session = try await again()
                status = try await session.status(of: pid)
                await session.end()
            }
            return status
        } catch {
            if error.reason == .cancelled {
                throw ExecutorError(operation, "interrupted; it runs on in the guest")
            }
            throw ExecutorError(operation, error)
        }
    }

    /// Gives the channel up, and asks for it again.
    func nextTurn(after session: GuestAgentSession) async throws(GuestAgentError) -> GuestAgentSession {
        await session.end()
        return try await again()
    }

    private func again() async throws(GuestAgentError) -> GuestAgentSession {
        try await GuestAgentSession.connect(path: path, timeout: Self.patience)
    }
}

extension ExecutorError {
    init(_ operation: String, _ error: GuestAgentError) {
        var advice: String?
        if case .refused("CommandNotFound", _) = error.reason {
            advice = "the agent in the guest does not allow this: look for block-rpcs or allow-rpcs in its settings"
        }
        self.init(operation, error.description, advice: advice)
    }
}
