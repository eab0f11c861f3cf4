import FleetModel
import HostSystem

/// Changes a guest while it runs.
public struct GuestChanger: Sendable {
    let layout: HostLayout
    let store: GuestStore
    let networking: GuestNetworking

    /// How long a guest may take over a change that it has to co-operate in.
    let patience: Duration
    /// What has to stay free of the state folder's file system.
    let reserved: ByteCount

    public init(
        layout: HostLayout, networking: GuestNetworking, patience: Duration = .seconds(30), reserved: ByteCount = .zero
    ) {
        self.reserved = reserved
        self.layout = layout
        self.networking = networking
        self.patience = patience
        store = GuestStore(layout: layout)
    }

    /// Writes the definition first, then makes each change, and takes it over into the record of the process once
    /// QEMU has confirmed it: a change that is cut off anywhere leaves a difference between the two, which the next
    /// plan sees, and running it again completes it.
    ///
    /// - Returns: what did not take, for people; nil where all did.
    /// - Throws: where the guest does not run, does not answer, or QEMU refuses; the changes before that are made
    ///   and recorded.
    public func change(_ definition: GuestDefinition, _ changes: [LiveChange]) async throws(ExecutorError) -> String? {
        let operation = "change guest \(definition.name)"
        guard var running = try store.liveProcess(definition) else {
            throw ExecutorError(operation, "it does not run any more", advice: "plan again")
        }
        var definition = definition
        if let earlier = try? store.definition(definition.owner.fleet, definition.name) {
            definition.keepPendingDisks(of: earlier)
        }
        try keep(operation) { () throws(SystemError) in try store.write(definition) }
        let monitor = changes.contains { $0 != .record } ? try await GuestMonitor.open(definition, layout: layout) : nil
        defer { monitor?.session.close() }

        var remarks: [String] = []
        for change in changes {
            let outcome = try await perform(change, of: definition, running, monitor)
            if let taken = outcome.taken {
                running.spec.take([taken], of: definition.spec)
                try keep(operation) { () throws(SystemError) in try store.write(running, of: definition.id) }
            }
            if case .addDisk(let disk) = change, definition.pendingDisks.contains(disk.name) {
                definition.pendingDisks.removeAll { $0 == disk.name }
                try keep(operation) { () throws(SystemError) in try store.write(definition) }
            }
            if case .removeDisk(let disk, deletesFile: true) = outcome.taken, definition.doomedDisks.contains(disk) {
                definition.doomedDisks.removeAll { $0 == disk }
                try keep(operation) { () throws(SystemError) in try store.write(definition) }
            }
            if let remark = outcome.remark { remarks.append(remark) }
        }
        // What did not take shows as a difference between record and definition.
        running.generation = definition.generation
        try keep(operation) { () throws(SystemError) in try store.write(running, of: definition.id) }
        return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
    }

    private func perform(
        _ change: LiveChange, of definition: GuestDefinition, _ running: RunningGuest, _ monitor: GuestMonitor?
    ) async throws(ExecutorError) -> LiveOutcome {
        guard var monitor else { return .took(change) }
        monitor.operation = "\(change.verb) of guest \(definition.name)"
        switch change {
        case .record: return .took(change)
        case .setMemory(let size):
            return try await LiveMemory(monitor: monitor, running: running, patience: patience).set(size)
        case .setCPUs(let count):
            return try await LiveCPUs(monitor: monitor, running: running, patience: patience).set(count)
        case .growDisk(let disk, let size): try await LiveDiskSize(monitor: monitor).grow(disk, to: size)
        case .exchangeSeed:
            let folder = layout.guest(definition.owner.fleet, definition.name)
            try await LiveSeed(
                monitor: monitor, definition: definition, path: folder.seed, patience: min(patience, .seconds(5))
            ).exchange()
        case .addDisk, .removeDisk, .limitDisk, .addNIC, .removeNIC, .limitNIC, .moveNIC:
            return try await LiveDevices(
                monitor: monitor, definition: definition, running: running.spec, layout: layout,
                networking: networking, patience: patience, reserved: reserved
            ).perform(change)
        }
        return .took(change)
    }

    private func keep(_ operation: String, _ write: () throws(SystemError) -> Void) throws(ExecutorError) {
        do { try write() } catch { throw ExecutorError(operation, error) }
    }
}
