import FleetModel

/// The changes to a running guest's disks and NICs.
struct LiveDevices {
    let monitor: GuestMonitor
    let definition: GuestDefinition
    /// What the process has until now.
    let running: GuestSpec
    let layout: HostLayout
    let networking: GuestNetworking
    /// How long the guest may take to let go of a device.
    let patience: Duration
    /// What has to stay free of the state folder's file system.
    let reserved: ByteCount

    func perform(_ change: LiveChange) async throws(ExecutorError) -> LiveOutcome {
        if isPlug(change), running.machine != .q35 {
            throw ExecutorError(
                monitor.operation, "a guest of machine type \(running.machine.rawValue) takes no devices while it runs",
                advice: "plan again: it has them after a restart")
        }
        let disks = LiveDisks(
            monitor: monitor, definition: definition,
            files: DiskFiles(definition, layout: layout, reserved: reserved), patience: patience)
        let nics = LiveNICs(monitor: monitor, definition: definition, networking: networking, patience: patience)
        switch change {
        case .addDisk(let disk): return try await disks.add(disk)
        case .removeDisk(let name, let deletesFile): return try await disks.remove(name, deletesFile: deletesFile)
        case .limitDisk(let name, let iops, let bandwidth):
            guard let disk = (running.disks + definition.spec.disks).first(where: { $0.name == name }) else {
                throw ExecutorError(monitor.operation, "it has no disk \(name)", advice: "plan again")
            }
            return try await disks.limit(disk, iops: iops, bandwidth: bandwidth)
        case .addNIC(let nic): return try await nics.add(nic)
        case .removeNIC(let name): return try await nics.remove(name)
        case .limitNIC(let name, let bandwidth): return try nics.limit(name, bandwidth, in: running)
        case .moveNIC(let nic): return try await nics.move(nic, in: running)
        case .setMemory, .setCPUs, .growDisk, .exchangeSeed, .record:
            preconditionFailure("\(change.verb) concerns no disk or NIC that comes or goes")
        }
    }

    private func isPlug(_ change: LiveChange) -> Bool {
        switch change {
        case .addDisk, .removeDisk, .addNIC, .removeNIC: true
        default: false
        }
    }
}
