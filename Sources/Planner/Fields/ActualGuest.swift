import FleetModel

/// A running guest as it was seen: what the record of its process says, and on it what somebody else did.
struct ActualGuest {
    private(set) var spec: GuestSpec
    /// Why it is not what its record says; one sentence each.
    private(set) var causes: [String] = []
    /// The paths of fields that are not as recorded.
    private(set) var drifted: Set<String> = []
    /// Only a restart brings back what it should have.
    private(set) var needsRestart = false
    /// What heals without being a difference between two specs.
    private(set) var repairs: [LiveChange] = []

    /// - Parameter wanted: what it is to be; defects of what it is not to have any more are none.
    init(_ process: RunningGuest, defects: [GuestDefect], wanted: GuestSpec) {
        spec = process.spec
        for defect in defects { apply(defect, wanted) }
    }

    private mutating func apply(_ defect: GuestDefect, _ wanted: GuestSpec) {
        switch defect {
        case .nicMissing(let name):
            guard wanted.nics.contains(where: { $0.name == name }) else { return }
            spec.nics.removeAll { $0.name == name }
            drifted.insert("nics.\(name)")
        case .diskMissing(let name):
            guard wanted.disks.contains(where: { $0.name == name }) else { return }
            if spec.disks.first?.name == name {
                // Without its root disk a system does not go on as if nothing had been.
                needsRestart = true
            } else {
                spec.disks.removeAll { $0.name == name }
                drifted.insert("disks.\(name)")
            }
        case .diskSwapped(let name, _):
            guard wanted.disks.contains(where: { $0.name == name }) else { return }
            needsRestart = true
        case .nicMoved(let name), .cablePulled(let name):
            // One that is to be moved anyway is no drift.
            guard let nic = wanted.nics.first(where: { $0.name == name }),
                spec.nics.contains(where: { ($0.name, $0.networkID, $0.mac) == (nic.name, nic.networkID, nic.mac) })
            else { return }
            if !repairs.contains(.moveNIC(nic)) { repairs.append(.moveNIC(nic)) }
        case .seedMissing:
            guard wanted.cloudInit != nil else { return }
            repairs.append(.exchangeSeed)
        case .seedOutdated:
            guard wanted.hasSameSeed(as: spec) else { return }
            if spec.machine == .q35 { repairs.append(.exchangeSeed) } else { needsRestart = true }
        case .tpmEnded:
            guard wanted.hasTPM else { return }
            needsRestart = true
        case .cpus(let count):
            guard count != spec.cpus else { return }
            spec.cpus = count
            drifted.insert("cpus")
        case .memory(let size):
            guard size != spec.memory else { return }
            spec.memory = size
            drifted.insert("memory")
        case .limitChanged(let subject):
            guard let change = wanted.limit(of: subject) else { return }
            repairs.append(change)
        case .strangeDevice: return
        }
        causes.append(defect.text)
    }
}

extension GuestSpec {
    /// What sets the limit of a disk or NIC again.
    ///
    /// - Parameter subject: as ``GuestDefect/limitChanged(_:)`` names it: `disk data`, `NIC eth0`.
    fileprivate func limit(of subject: String) -> LiveChange? {
        let parts = subject.split(separator: " ")
        guard parts.count == 2 else { return nil }
        if parts[0] == "disk", let disk = disks.first(where: { $0.name.text == parts[1] }) {
            return .limitDisk(disk.name, iops: disk.iops, bandwidth: disk.bandwidth)
        }
        if parts[0] == "NIC", let nic = nics.first(where: { $0.name.text == parts[1] }) {
            return .limitNIC(nic.name, nic.bandwidth)
        }
        return nil
    }
}
