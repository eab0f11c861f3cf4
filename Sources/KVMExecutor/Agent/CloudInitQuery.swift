import FleetModel
import FoundationEssentials
import QMP

/// Asks guests what cloud-init in them has come to, through their agents. A file is read, and nothing run: agents that
/// run nothing for their host still tell it.
public struct CloudInitQuery: Sendable {
    /// How long one guest may take over its answer. Without KVM, on a busy host, most of a second was seen.
    private static let patience = Duration.seconds(3)
    /// Bytes of the file that are looked at. An honest one has about a thousand, and one more for each error.
    private static let limit = 64 << 10
    /// Where cloud-init writes how far it is, anew at each boot (its documentation, "Status").
    private static let file = "/run/cloud-init/status.json"

    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// The reports of all guests that have one, side by side. A guest without an agent costs one question to QEMU.
    public func reports() async -> [ObjectID: CloudInitReport] {
        let store = GuestStore(layout: layout)
        guard let definitions = try? store.list().definitions else { return [:] }
        return await withTaskGroup(of: (ObjectID, CloudInitReport?).self) { group in
            for definition in definitions where (try? store.liveProcess(definition)) ?? nil != nil {
                group.addTask { (definition.id, await report(of: definition)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func report(of definition: GuestDefinition) async -> CloudInitReport? {
        await withTaskGroup(of: CloudInitReport?.self) { race in
            race.addTask {
                guard await hasAgent(definition) else { return nil }
                return try? await ask(definition.reference)
            }
            race.addTask {
                try? await Task.sleep(for: Self.patience)
                return nil
            }
            let first = await race.next() ?? nil
            race.cancelAll()
            return first
        }
    }

    /// Whether a program in the guest has opened the agent's port.
    private func hasAgent(_ definition: GuestDefinition) async -> Bool {
        let path = layout.guestRun(definition.id).observer
        guard let session = try? await QMPSession.connect(path: path, timeout: Self.patience) else { return false }
        defer { session.close() }
        let devices = try? await session.execute(QueryChardev(), timeout: Self.patience)
        return devices?.contains { $0.label == "agent" && $0.frontendOpen } == true
    }

    private func ask(_ guest: GuestReference) async throws -> CloudInitReport? {
        let path = GuestAgent(guest, layout: layout).path
        let session = try await GuestAgentSession.connect(path: path, timeout: Self.patience)
        let file = try await session.open(Self.file, mode: "r")
        var bytes: [UInt8] = []
        while bytes.count < Self.limit {
            let part = try await session.read(file, count: 16 << 10)
            if part.isEmpty { break }
            bytes += part
        }
        try await session.close(file)
        await session.end()
        return CloudInitReport(statusFile: bytes)
    }
}

extension CloudInitReport {
    /// What cloud-init's `status.json` comes to; nil: it is none.
    init?(statusFile bytes: [UInt8]) {
        guard let file = try? JSONDecoder().decode(StatusFile.self, from: Data(bytes)) else { return nil }
        guard file.v1.final?.finished != nil else {
            self.init(.running)
            return
        }
        let errors = file.v1.stages.flatMap { $0.errors ?? [] }
        self.init(errors.isEmpty ? .done : .error, error: errors.first.map { String($0.prefix(300)) })
    }

    /// As far as it is looked at.
    private struct StatusFile: Decodable {
        struct Stage: Decodable {
            var errors: [String]?
            var finished: Double?
        }

        struct Stages: Decodable {
            var local: Stage?
            var network: Stage?
            var config: Stage?
            var final: Stage?

            var stages: [Stage] { [local, network, config, final].compactMap { $0 } }

            private enum CodingKeys: String, CodingKey {
                case local = "init-local"
                case network = "init"
                case config = "modules-config"
                case final = "modules-final"
            }
        }

        var v1: Stages
    }
}
