import FleetModel
import HostSystem
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
        await within(Self.patience) {
            guard await hasAgent(definition) else { return nil }
            return try? await ask(definition.reference)
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
