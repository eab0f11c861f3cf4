import FleetModel
import HostSystem
import QMP

/// Disks that come to a running guest and leave it.
struct LiveDisks {
    let monitor: GuestMonitor
    let definition: GuestDefinition
    let layout: HostLayout
    /// How long the guest may take to let go of a disk.
    let patience: Duration
    private var files: DiskFiles { DiskFiles(definition, layout: layout) }

    /// Makes the disk's file where it is missing, and plugs it in. What an interrupted run has done of it stays.
    func add(_ disk: DiskSpec) async throws(ExecutorError) -> LiveOutcome {
        let id = QEMUCommandLine.node(disk.name)
        if !(try await monitor.has(id)) {
            try await removeNode(id)
            try await files.ensure(disk, anew: definition.pendingDisks.contains(disk.name))
            guard let port = try await monitor.freePort() else {
                return LiveOutcome(remark: "no PCI port is free for disk \(disk.name): it comes with the next restart")
            }
            try await plug(disk, id: id, into: port)
        }
        try await limit(disk)
        return .took(.addDisk(disk))
    }

    /// Unplugs the disk. The guest is not asked whether it still uses it, and lets go of a mounted disk without a word.
    func remove(_ name: Name, deletesFile: Bool) async throws(ExecutorError) -> LiveOutcome {
        let id = QEMUCommandLine.node(name)
        guard try await monitor.letGo(of: id, within: patience) else {
            return LiveOutcome(
                remark: "the guest did not let go of disk \(name) within \(patience), and keeps it until its restart")
        }
        try await removeNode(id)
        if deletesFile { try files.remove(name) }
        return .took(.removeDisk(name, deletesFile: deletesFile))
    }

    /// - Parameters: nil: no limit.
    func limit(_ name: Name, iops: Int?, bandwidth: DataRate?) async throws(ExecutorError) -> LiveOutcome {
        try await limit(DiskSpec(name: name, size: .zero, iops: iops, bandwidth: bandwidth))
        return .took(.limitDisk(name, iops: iops, bandwidth: bandwidth))
    }

    private func limit(_ disk: DiskSpec) async throws(ExecutorError) {
        try await monitor.execute(DiskLimits.command(disk, of: definition.spec))
    }

    private func plug(_ disk: DiskSpec, id: String, into port: String) async throws(ExecutorError) {
        // As QEMUCommandLine has it for a start.
        try await monitor.execute(
            "blockdev-add",
            [
                "driver": "qcow2", "node-name": .string(id), "read-only": false, "discard": "unmap",
                "file": [
                    "driver": "file", "filename": .string(files.folder.disk(disk.name)),
                    "node-name": .string("\(id)-file"),
                ],
            ])
        do throws(ExecutorError) {
            // The address: QEMU takes a second device on a port gladly, which no guest would ever see.
            try await monitor.execute(
                "device_add",
                [
                    "driver": "virtio-blk-pci", "drive": .string(id), "id": .string(id),
                    "serial": .string(String(disk.name.text.prefix(20))), "bus": .string(port), "addr": "0",
                ])
        } catch {
            try? await removeNode(id)
            throw error
        }
    }

    /// Closes the disk's file in QEMU; that it is not open is no error.
    private func removeNode(_ id: String) async throws(ExecutorError) {
        let nodes = try await monitor.execute(QueryNamedBlockNodes())
        guard nodes.contains(where: { $0.name == id }) else { return }
        try await monitor.execute("blockdev-del", ["node-name": .string(id)])
    }
}
