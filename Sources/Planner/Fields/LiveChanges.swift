import FleetModel

/// What brings a running guest to its new definition without a restart, in the order in which it is done: what goes
/// leaves its port to what comes. Each change that is not needed is left out, but for the last, which takes over
/// what the process does not notice.
///
/// - Parameters:
///   - recorded: What the record of the process says.
///   - actual: What the process was seen to be; the record, unless somebody changed the guest.
///   - removals: What becomes of the files of disks that go; those of other disks are kept as the record says.
func liveChanges(
    from recorded: GuestSpec, actual: GuestSpec, to new: GuestSpec, removals: [Name: DiskRemoval]
) -> [LiveChange] {
    var changes: [LiveChange] = []
    let wantedNICs = Set(new.nics.map(\.name))
    let wantedDisks = Set(new.disks.map(\.name))
    for nic in recorded.nics where !wantedNICs.contains(nic.name) { changes.append(.removeNIC(nic.name)) }
    for disk in recorded.disks where !wantedDisks.contains(disk.name) {
        let removal = removals[disk.name] ?? disk.onRemove
        changes.append(.removeDisk(disk.name, deletesFile: removal == .delete))
    }
    if recorded.memory != new.memory || actual.memory != new.memory { changes.append(.setMemory(new.memory)) }
    if recorded.cpus != new.cpus || actual.cpus != new.cpus { changes.append(.setCPUs(new.cpus)) }
    for disk in new.disks { changes += liveChanges(of: actual.disks.first { $0.name == disk.name }, to: disk) }
    for nic in new.nics { changes += liveChanges(of: actual.nics.first { $0.name == nic.name }, to: nic) }
    if !new.hasSameSeed(as: recorded) { changes.append(.exchangeSeed) }
    return changes + [.record]
}

private func liveChanges(of old: DiskSpec?, to disk: DiskSpec) -> [LiveChange] {
    guard let old else { return [.addDisk(disk)] }
    var changes: [LiveChange] = []
    if old.size < disk.size { changes.append(.growDisk(disk.name, to: disk.size)) }
    if old.iops != disk.iops || old.bandwidth != disk.bandwidth {
        changes.append(.limitDisk(disk.name, iops: disk.iops, bandwidth: disk.bandwidth))
    }
    return changes
}

private func liveChanges(of old: NICSpec?, to nic: NICSpec) -> [LiveChange] {
    guard let old else { return [.addNIC(nic)] }
    var changes: [LiveChange] = []
    if old.networkID != nic.networkID { changes.append(.moveNIC(nic)) }
    if old.bandwidth != nic.bandwidth { changes.append(.limitNIC(nic.name, nic.bandwidth)) }
    return changes
}

extension GuestSpec {
    /// What becomes of a change of it does not count.
    func hasSameSeed(as other: GuestSpec) -> Bool {
        guard let seed = cloudInit, var same = other.cloudInit else { return cloudInit == other.cloudInit }
        same.onChange = seed.onChange
        return seed == same
    }
}
