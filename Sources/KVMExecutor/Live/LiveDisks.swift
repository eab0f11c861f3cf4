import FleetModel
import HostSystem
import QMP

/// Disks that come to a running guest and leave it.
struct LiveDisks {
    let monitor: GuestMonitor
    let definition: GuestDefinition
    let files: DiskFiles
    /// How long the guest may take to let go of a disk.
    let patience: Duration

    /// Makes the disk's file where it is missing, and plugs it in. What an interrupted run has done of it stays.
    func add(_ disk: DiskSpec) async throws(ExecutorError) -> LiveOutcome {
        guard disk.bus.takesHotPlug else {
            throw ExecutorError(
                monitor.operation, "a disk on \(disk.bus.rawValue) is not added to a guest that runs",
                advice: "plan again: it has the disk after a restart")
        }
        let device = DiskDevice(
            disk: disk, machine: definition.spec.machine, path: files.folder.disk(disk))
        if !(try await monitor.has(device.id)) {
            try await removeBackend(of: disk.name)
            try await files.ensure(disk, anew: definition.pendingDisks.contains(disk.name))
            // The address: QEMU takes a second device on a port gladly, which no guest would ever see.
            var place = [("bus", DiskDevice.scsiBus)]
            if disk.bus.takesPort {
                guard let port = try await monitor.freePort() else {
                    return LiveOutcome(
                        remark: "no PCI port is free for disk \(disk.name): it comes with the next restart")
                }
                place = [("bus", port), ("addr", "0")]
            }
            try await plug(device, at: place)
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
        try await removeBackend(of: name)
        if deletesFile { try files.remove(name) }
        return .took(.removeDisk(name, deletesFile: deletesFile))
    }

    /// - Parameters: nil: no limit.
    func limit(_ disk: DiskSpec, iops: Int?, bandwidth: DataRate?) async throws(ExecutorError) -> LiveOutcome {
        var disk = disk
        (disk.iops, disk.bandwidth) = (iops, bandwidth)
        try await limit(disk)
        return .took(.limitDisk(disk.name, iops: iops, bandwidth: bandwidth))
    }

    private func limit(_ disk: DiskSpec) async throws(ExecutorError) {
        try await monitor.execute(DiskLimits.command(disk, of: definition.spec.machine))
    }

    private func plug(_ device: DiskDevice, at place: [(key: String, value: String)]) async throws(ExecutorError) {
        if device.disk.hasIOThread {
            try await monitor.execute("object-add", ["qom-type": "iothread", "id": .string(device.ioThread)])
        }
        do throws(ExecutorError) {
            try await monitor.execute("blockdev-add", QMPValue(device.node))
            let properties = [("driver", device.driver)] + device.properties + place
            let texts = properties.map { ($0.0, QMPValue.string($0.1)) }
            try await monitor.execute("device_add", .object(Dictionary(texts, uniquingKeysWith: { first, _ in first })))
        } catch {
            try? await removeBackend(of: device.disk.name)
            throw error
        }
    }

    /// Closes the disk's file in QEMU and ends its thread; that they are not there is no error.
    private func removeBackend(of disk: Name) async throws(ExecutorError) {
        let id = QEMUCommandLine.node(disk)
        let nodes = try await monitor.execute(QueryNamedBlockNodes())
        if nodes.contains(where: { $0.name == id }) {
            try await monitor.execute("blockdev-del", ["node-name": .string(id)])
        }
        let thread = DiskDevice.ioThread(of: disk)
        if try await monitor.execute(QOMList(path: "/objects")).contains(where: { $0.name == thread }) {
            try await monitor.execute("object-del", ["id": .string(thread)])
        }
    }
}

extension QMPValue {
    /// The same in QMP's terms.
    fileprivate init(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = .integer(number)
        case .double(let number): self = .number(number)
        case .array(let elements): self = .array(elements.map { QMPValue($0) })
        case .object(let fields): self = .object(fields.mapValues { QMPValue($0) })
        case .null: self = .null
        }
    }
}
