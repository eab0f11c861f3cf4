import FleetModel
import HostAgent
import SimulatedHost

/// A session with each host, or why there is none.
public typealias Connections = [Name: Result<any HostSession, HostError>]

/// Connects to the hosts, runs `body`, and ends every session. A host that cannot be reached is a value like any
/// other: what to do about it is the caller's decision.
public func withConnections<Output: Sendable>(
    to hosts: [DesiredHost], layout: HostLayout, _ body: @escaping @Sendable (Connections) async -> Output
) async -> Output {
    await connect(hosts[...], layout: layout, made: [:], body)
}

/// One host after the other, each session inside the one before, so that all of them end in order.
private func connect<Output: Sendable>(
    _ hosts: ArraySlice<DesiredHost>, layout: HostLayout, made: Connections,
    _ body: @escaping @Sendable (Connections) async -> Output
) async -> Output {
    guard let host = hosts.first else { return await body(made) }
    let rest = hosts.dropFirst()
    switch host.connection {
    case .simulated:
        var made = made
        do throws(HostError) {
            let session = try SimulatedSession(host: host.name, policy: host.policy, layout: layout)
            made[host.name] = .success(session)
            let output = await connect(rest, layout: layout, made: made, body)
            await session.close()
            return output
        } catch {
            made[host.name] = .failure(error)
            return await connect(rest, layout: layout, made: made, body)
        }
    case .local:
        do throws(HostError) {
            let agent = try AgentCommand(local: host.name, layout: layout, privilege: host.privilege)
            return try await agent.withSession { session in
                await connect(rest, layout: layout, made: made.merging([host.name: .success(session)]) { $1 }, body)
            }
        } catch {
            return await connect(rest, layout: layout, made: made.merging([host.name: .failure(error)]) { $1 }, body)
        }
    }
}
