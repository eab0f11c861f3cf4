import FleetModel
import HostAgent
import Reconciler

/// What lies in the hosts' caches, and who needs it.
struct CacheView: Sendable {
    /// One file, or what is there of one.
    struct Entry: Sendable {
        var file: StoredFile
        /// The claims on it.
        var images: [Claim]
        /// How many guests' disks, kernels or firmware it is.
        var guests: Int
        var isUsed: Bool { !images.isEmpty || guests > 0 }
    }

    struct Claim: Hashable, Sendable, Encodable {
        var fleet: Name
        var name: Name
    }

    /// By host; of those that could not be looked at the reason.
    private(set) var hosts: [Name: Result<[Entry], HostError>] = [:]

    init(_ connections: Connections) async {
        for (name, connection) in connections { hosts[name] = await Self.entries(connection) }
    }

    private static func entries(_ connection: Result<any HostSession, HostError>) async -> Result<[Entry], HostError> {
        do throws(HostError) {
            let session = try connection.get()
            let live = try await session.observe()
            let files = if let agent = session as? AgentSession { try await agent.listCache() } else { stored(live) }
            return .success(
                files.map { file in
                    Entry(
                        file: file,
                        images: live.images.filter { $0.file.fileName == file.fileName }
                            .map { Claim(fleet: $0.owner.fleet, name: $0.name) }
                            .sorted { ($0.fleet, $0.name) < ($1.fleet, $1.name) },
                        guests: live.guests.count { $0.cachedFiles.contains(file.fileName) })
                })
        } catch {
            return .failure(error)
        }
    }

    /// A simulated host's files, which take no room.
    private static func stored(_ live: LiveHost) -> [StoredFile] {
        live.cache.map {
            StoredFile(digest: $0.digest, format: $0.format, size: $0.size ?? .zero, allocated: $0.size ?? .zero)
        }
    }

    /// Writes the errors of the hosts that could not be looked at.
    ///
    /// - Returns: the exit code.
    func reportFailures() -> ExitCodes {
        let failures = hosts.compactMap { name, outcome in
            if case .failure(let error) = outcome { (name, error) } else { nil }
        }.sorted { $0.0 < $1.0 }
        for (name, error) in failures { _ = Terminal.fail("host \(name): \(inLines(error.text))") }
        return failures.isEmpty ? .none : failures.count == hosts.count ? .all : .some
    }

    enum ExitCodes { case none, some, all }
}
