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
    let simulated = await simulate(hosts.filter { $0.connection == .simulated }, layout: layout)
    let output = await connect(
        hosts.filter { $0.connection != .simulated }[...], layout: layout,
        made: simulated.mapValues { session in session.map { $0 as any HostSession } }, body)
    for case .success(let session) in simulated.values { await session.close() }
    return output
}

/// The sessions with the simulated hosts, whose files are read side by side.
private func simulate(
    _ hosts: [DesiredHost], layout: HostLayout
) async -> [Name: Result<SimulatedSession, HostError>] {
    await withTaskGroup { group in
        for host in hosts {
            group.addTask {
                do throws(HostError) {
                    return (
                        host.name,
                        Result<_, HostError>.success(
                            try SimulatedSession(host: host.name, policy: host.policy, layout: layout))
                    )
                } catch {
                    return (host.name, .failure(error))
                }
            }
        }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
}

/// One host after the other, each session inside the one before, so that all of them end in order.
private func connect<Output: Sendable>(
    _ hosts: ArraySlice<DesiredHost>, layout: HostLayout, made: Connections,
    _ body: @escaping @Sendable (Connections) async -> Output
) async -> Output {
    guard let host = hosts.first else { return await body(made) }
    let rest = hosts.dropFirst()
    do throws(HostError) {
        let agent = try AgentCommand(local: host.name, layout: layout, privilege: host.privilege)
        return try await agent.withSession { session in
            await connect(rest, layout: layout, made: made.merging([host.name: .success(session)]) { $1 }, body)
        }
    } catch {
        return await connect(rest, layout: layout, made: made.merging([host.name: .failure(error)]) { $1 }, body)
    }
}
