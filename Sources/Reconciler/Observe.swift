import FleetModel
import HostAgent

/// Observes every host at once. A host that does not answer is not an empty one.
public func observe(_ connections: Connections) async -> [Name: HostObservation] {
    await withTaskGroup(of: (Name, HostObservation).self) { group in
        for (name, connection) in connections {
            group.addTask { (name, await observe(name, connection)) }
        }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
}

private func observe(_ name: Name, _ connection: Result<any HostSession, HostError>) async -> HostObservation {
    do throws(HostError) {
        return .observed(try await connection.get().observe())
    } catch {
        return .unreachable(
            Diagnostic.error(
                "host-unreachable", "host \(name) could not be observed", detail: error.text,
                help: "lodge doctor says what the host lacks"))
    }
}

/// Asks every host what cloud-init says in its guests. Hosts that do not answer, and simulated ones, have nothing to say.
public func cloudInitReports(_ connections: Connections) async -> [Name: [ObjectID: CloudInitReport]] {
    await withTaskGroup(of: (Name, [ObjectID: CloudInitReport]).self) { group in
        for case (let name, .success(let session as AgentSession)) in connections {
            group.addTask { (name, (try? await session.cloudInitReports()) ?? [:]) }
        }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
}

/// Takes the lock of every host that is reached, in the order of their names, so that two applies never wait for
/// each other.
public func lock(_ connections: Connections, holder: String, timeout: Timespan) async throws(HostError) {
    for name in connections.keys.sorted() {
        guard case .success(let session) = connections[name] else { continue }
        do throws(HostError) {
            try await session.lock(holder: holder, timeout: timeout)
        } catch {
            throw HostError(error.kind, "host \(name): \(error.text)")
        }
    }
}
