import FleetModel
import Glibc
import HostSystem
import QMP
import Testing

@testable import HostAgent

/// Single steps, as an apply has them performed by the host's agent.
extension Lab {
    /// - Returns: the step's remark.
    /// - Throws: the agent's refusal.
    @discardableResult
    func perform(_ operation: FleetModel.Operation, on guest: Name, relying: [Reliance]? = nil) async throws -> String?
    {
        let step = Step(
            id: 0, address: ResourceAddress(.guest, guest), host: Name(parsing: "local")!, verb: "change",
            operation: operation, relies: relying)
        let outcome = try await agent.withSession { session -> Result<String?, HostError> in
            do throws(HostError) {
                try await session.lock(holder: "a test", timeout: .seconds(60))
                return .success(try await session.perform(step, policy: HostPolicy(), progress: { _ in }))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// The agent, which is killed after 400 s, so that a test of a step that hangs ends.
    var agent: AgentCommand {
        AgentCommand(
            host: Name(parsing: "local")!, program: Command.find("timeout")!,
            arguments: [
                "--signal=KILL", "400", Command.find("ip")!, "netns", "exec", namespace, Self.program, "agent",
                "--state-dir", stateFolder, "--run-dir", runFolder,
            ])
    }

    /// Changes the guest's definition, and makes the changes to its process.
    ///
    /// - Returns: the remark of what did not take.
    @discardableResult
    func change(
        _ name: String, _ changes: [LiveChange], _ edit: (inout GuestSpec) -> Void = { _ in }
    ) async throws -> String? {
        var definition = try await guest(name).definition
        definition.generation += 1
        edit(&definition.spec)
        return try await perform(.changeGuest(definition, changes), on: definition.name)
    }

    /// The monitor that changes are made by, for somebody who is not Lodge.
    func monitor(of guest: String) async throws -> QMPSession {
        try await QMPSession.connect(
            path: layout.guestRun(try await self.guest(guest).definition.id).qmp, timeout: .seconds(30))
    }

    /// Unplugs a device behind Lodge's back.
    func pull(_ device: String, of guest: String) async throws {
        let session = try await monitor(of: guest)
        defer { session.close() }
        let gone = try await eventually {
            // Refused while the guest is busy with the port, as it is right after something was plugged in.
            _ = try? await session.execute("device_del", arguments: ["id": .string(device)])
            return try await session.execute(QOMList(path: "/machine/peripheral")).allSatisfy { $0.name != device }
        }
        #expect(gone, "the guest does not let go of \(device)")
    }
}
