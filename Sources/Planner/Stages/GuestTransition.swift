import FleetModel

/// What one guest goes through: which of its steps there are. Their order is fixed: rename, stop, define or remove,
/// start.
struct GuestTransition {
    /// Its name in the manifest, or the live one of a guest that goes.
    let name: Name
    let change: Change
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

    var removes: Bool { resolved == nil }
    /// The guest runs on while its definition is written.
    var definesLive: Bool { live?.hasProcess == true && !stops }

    /// How a step names the guest, once it has its new name.
    let reference: GuestReference

    /// What its stop frees and its start takes.
    var freed: HostCapacity.Amounts {
        guard stops, let live else { return HostCapacity.Amounts() }
        return HostCapacity.Amounts(memory: live.memoryCost, cpus: live.runningCPUs)
    }
    var taken: HostCapacity.Amounts {
        guard starts, let spec = resolved?.spec else { return HostCapacity.Amounts() }
        return HostCapacity.Amounts(memory: spec.memoryCost, cpus: spec.cpus)
    }
    /// How the sum of its disks' sizes changes, those that are kept without belonging to it any more included.
    var diskGrowth: Int64 {
        let before = live?.diskSize.bytes ?? 0
        guard let spec = resolved?.spec else { return -before }
        let names = Set(spec.disks.map(\.name))
        let kept = live?.keptDisks.filter { !names.contains($0.name) } ?? []
        let leaving = live?.definition.spec.disks.filter { !names.contains($0.name) && $0.onRemove == .keep } ?? []
        let sizes = kept.map(\.size) + leaving.map(\.size)
        return sizes.reduce(spec.diskSize.bytes) { $0 + $1.bytes } - before
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

    init(removing live: LiveGuest, from host: ObservedHost) {
        let change = Change(
            address: ResourceAddress(.guest, live.definition.name), host: host.name, action: .destroy,
            impact: .destroy, causes: ["not in the manifests any more"], before: .guest(live.definition.spec))
        self.init(
            name: live.definition.name, change: change, live: live, resolved: nil,
            reference: live.definition.reference)
        stops = live.hasProcess
    }
}
