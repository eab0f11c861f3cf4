import FleetModel
import QMP

/// The seed of a running guest, on a disc in a drive that it always has: out with the old one, in with the new. The
/// guest finds it when it next looks.
struct LiveSeed {
    /// The drive's id.
    static let drive = "seed"
    /// A node with the seed's file is called one of these: the drive holds one while the other is made.
    static let nodes = ["seed", "seed-next"]

    let monitor: GuestMonitor
    let definition: GuestDefinition
    let path: String
    /// How long the guest may go on using the old disc before it is taken away.
    let patience: Duration

    func exchange() async throws(ExecutorError) {
        guard definition.spec.machine == .q35 else {
            throw ExecutorError(
                monitor.operation, "machine \(definition.spec.machine.rawValue) has no drive for it",
                advice: "restart it")
        }
        let seed = Seed(definition)
        try await seed.build(at: path, user: try SystemUser.find())
        let old = try await inserted()
        guard seed.files != nil else {
            try await eject()
            return try await removeNodes()
        }
        // Opened before the old one goes, so that a file that cannot be read costs no seed.
        let new = Self.nodes.first { $0 != old } ?? Self.nodes[0]
        try await removeNodes()
        try await monitor.execute(
            "blockdev-add",
            [
                "driver": "raw", "node-name": .string(new), "read-only": true,
                "file": ["driver": "file", "node-name": .string("\(new)-file"), "filename": .string(path)],
            ])
        try await eject()
        try await monitor.execute("blockdev-insert-medium", ["id": .string(Self.drive), "node-name": .string(new)])
        try await monitor.execute("blockdev-close-tray", ["id": .string(Self.drive)])
        try await removeNodes()
    }

    /// Opens the tray and takes out what is in it. A guest that has the disc mounted keeps the tray locked: it is
    /// asked first and not any more in the end, since all it can lose is a copy.
    private func eject() async throws(ExecutorError) {
        try await monitor.execute("blockdev-open-tray", ["id": .string(Self.drive)])
        let opened = try await monitor.poll(for: patience) { () throws(ExecutorError) in
            try await state()?.isTrayOpen == true ? true : nil
        }
        if opened == nil {
            try await monitor.execute("blockdev-open-tray", ["id": .string(Self.drive), "force": true])
        }
        try await monitor.execute("blockdev-remove-medium", ["id": .string(Self.drive)])
    }

    /// Removes the nodes that are in no drive, those of an exchange that was cut off included.
    private func removeNodes() async throws(ExecutorError) {
        let used = try await inserted()
        guard case .array(let nodes) = try await monitor.execute("query-named-block-nodes", ["flat": true]) else {
            return
        }
        for name in nodes.compactMap({ $0["node-name"]?.stringValue }) where Self.nodes.contains(name) && name != used {
            try await monitor.execute("blockdev-del", ["node-name": .string(name)])
        }
    }

    /// The node in the drive; nil: it is empty.
    private func inserted() async throws(ExecutorError) -> String? { try await state()?.inserted?.nodeName }

    private func state() async throws(ExecutorError) -> QueryBlock.Drive? {
        try await monitor.execute(QueryBlock()).first { $0.qdev == Self.drive }
    }
}
