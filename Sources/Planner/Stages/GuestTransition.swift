import FleetModel

/// What one guest goes through: which of its steps there are. Their order is fixed: rename, stop, define or remove,
/// start.
struct GuestTransition {
    /// Its name in the manifest, or the live one of a guest that goes.
    let name: Name
    private(set) var change: Change
    let live: LiveGuest?
    /// Nil: it is removed.
    let resolved: ResolvedGuest?
    var renames = false
    var stops = false
    /// What `guest.json` is to say; nil: it stays.
    var definition: GuestDefinition?
    /// What is changed in its process while it runs; only with a definition, and without a stop.
    var liveChanges: [LiveChange] = []
    var starts = false
    /// Disks whose files outlive the guest, where it is removed.
    var outlives: [Name] = []
    /// What was kept of a guest of its name, where it is made.
    var found: RetainedGuest?

    var removes: Bool { resolved == nil }
    /// The guest runs on while its definition is written.
    var definesLive: Bool { live?.hasProcess == true && !stops }

    /// How a step names the guest, once it has its new name.
    let reference: GuestReference

    /// Its process is changed while it runs, in more than its record.
    var changesLive: Bool { liveChanges.contains { $0 != .record } }

    /// What its stop frees, or its change where that makes it smaller.
    var freed: HostCapacity.Amounts {
        guard let live else { return HostCapacity.Amounts() }
        if stops { return HostCapacity.Amounts(memory: live.memoryCost, cpus: live.runningCPUs) }
        guard let process = changedProcess else { return HostCapacity.Amounts() }
        return HostCapacity.Amounts(
            memory: max(.zero, live.memoryCost - process.memoryCost), cpus: max(0, live.runningCPUs - process.spec.cpus)
        )
    }
    /// What its start takes, or its change where that makes it larger.
    var taken: HostCapacity.Amounts {
        if starts, let spec = resolved?.spec { return HostCapacity.Amounts(memory: spec.memoryCost, cpus: spec.cpus) }
        guard let live, let process = changedProcess else { return HostCapacity.Amounts() }
        return HostCapacity.Amounts(
            memory: max(.zero, process.memoryCost - live.memoryCost), cpus: max(0, process.spec.cpus - live.runningCPUs)
        )
    }

    /// Its process once it was changed; nil: it is not, or in its record alone.
    var changedProcess: RunningGuest? {
        guard definesLive, changesLive, var process = live?.process, let spec = resolved?.spec else { return nil }
        process.spec.take(liveChanges, of: spec)
        return process
    }

    /// How the sum of its disks' sizes changes, those of kept files included.
    var diskGrowth: Int64 {
        let after = keptDisks.reduce(resolved?.spec.diskSize ?? .zero) { $0 + $1.size }
        return after.bytes - (live?.diskSize ?? found?.size ?? .zero).bytes
    }

    /// The files of disks that it does not have afterwards and that stay.
    var keptDisks: [KeptDisk] {
        guard let spec = resolved?.spec else { return keptOnRemoval }
        guard let live else {
            return found?.disks.filter { disk in !spec.disks.contains { $0.name == disk.name } } ?? []
        }
        let attached = Set(spec.disks.map(\.name))
        let deleted = liveChanges.compactMap { change -> Name? in
            if case .removeDisk(let name, deletesFile: true) = change { name } else { nil }
        }
        let detached = live.definition.spec.disks
            .filter { $0.onRemove == .keep && !live.missingDisks.contains($0.name) }
            .map { KeptDisk($0) }
        return (live.keptDisks + detached).filter { !attached.contains($0.name) && !deleted.contains($0.name) }
    }

    /// The files that outlive it.
    private var keptOnRemoval: [KeptDisk] {
        guard let live else { return [] }
        let files = live.definition.spec.disks.filter { !live.missingDisks.contains($0.name) }.map { KeptDisk($0) }
        return (files + live.keptDisks).filter { outlives.contains($0.name) }
    }

    /// How long to wait for the guest to power off; a guest that does not execute will not.
    var grace: Timespan {
        guard let live, live.state == .running else { return .seconds(0) }
        return live.definition.spec.stopGrace
    }

    init(name: Name, change: Change, live: LiveGuest?, resolved: ResolvedGuest?, reference: GuestReference) {
        self.name = name
        self.change = change
        self.live = live
        self.resolved = resolved
        self.reference = reference
    }

    /// - Parameter deletesKept: disks that are to be kept go too.
    init(removing live: LiveGuest, from host: ObservedHost, deletesKept: Bool) {
        let change = Change(
            address: ResourceAddress(.guest, live.definition.name), host: host.name, action: .destroy,
            impact: .destroy, causes: ["not in the manifests any more"], before: .guest(live.definition.spec))
        self.init(
            name: live.definition.name, change: change, live: live, resolved: nil,
            reference: live.definition.reference)
        stops = live.hasProcess
        if !deletesKept { outlives = live.definition.disksKeptOnDestroy }
        for disk in keptOnRemoval { self.change.causes.append("keeps disk \(disk.name) (\(disk.size))") }
    }
}
