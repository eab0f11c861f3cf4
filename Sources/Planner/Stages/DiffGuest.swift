import FleetModel

/// Compares one guest with its live self.
///
/// - Returns: nil where nothing is to be done.
func diffGuest(
    _ guest: ResolvedGuest, on host: ObservedHost, _ surroundings: GuestSurroundings
) -> GuestTransition? {
    guard let position = guest.live else { return create(guest, on: host) }
    let live = host.live.guests[position]
    let review = GuestReview(guest, live, surroundings)
    guard review.isNeeded else { return nil }

    let definition = live.definition
    let change = Change(
        address: ResourceAddress(.guest, guest.name), host: host.name, action: review.isReplaced ? .replace : .update,
        impact: review.impact, causes: review.causes, fields: review.fields(of: guest, before: definition.spec),
        renamedFrom: review.renames ? definition.name : nil, isDrift: review.isDrift,
        isRequested: review.isRequested, before: .guest(definition.spec), after: .guest(guest.spec))
    let reference = GuestReference(id: definition.id, fleet: definition.owner.fleet, name: guest.name)
    var transition = GuestTransition(
        name: guest.name, change: change, live: live, resolved: guest, reference: reference)
    transition.renames = review.renames
    transition.stops = live.hasProcess && (review.goesDown || guest.spec.power == .stopped)
    transition.starts = guest.spec.power == .running && (transition.stops || !live.hasProcess)
    if transition.definesLive { transition.liveChanges = review.liveChanges }
    if definition.spec != guest.spec || !review.disksToMake.isEmpty || !live.missingDisks.isEmpty
        || live.missingState.contains(where: guest.spec.keptState.contains)
        || !definition.doomedDisks.isEmpty || transition.changesLive
        || transition.stops && live.effectiveSpec != definition.spec
    {
        // Where the process has not become what the definition says, what goes with the definition may be missing too.
        let isSame = definition.spec == guest.spec && review.disksToMake.isEmpty
        transition.definition = GuestDefinition(
            id: definition.id, owner: definition.owner, name: guest.name,
            generation: definition.generation + (isSame || definition.isUnfinished ? 0 : 1),
            spec: guest.spec,
            pendingDisks: review.disksToMake)
    }
    return transition
}

private func create(_ guest: ResolvedGuest, on host: ObservedHost) -> GuestTransition {
    let found = host.live.retained.first { $0.owner.fleet == host.owner.fleet && $0.name == guest.name }
    let kept = guest.spec.disks.compactMap { disk in found?.disks.first { $0.name == disk.name } }
    let definition = GuestDefinition(
        id: guest.id, owner: host.owner, name: guest.name, spec: guest.spec,
        pendingDisks: guest.spec.disks.map(\.name).filter { disk in !kept.contains { $0.name == disk } })
    let change = Change(
        address: ResourceAddress(.guest, guest.name), host: host.name, action: .create, impact: nil,
        causes: kept.map { "disk \($0.name) was kept of a guest of this name (\($0.size)), and is attached again" },
        after: .guest(guest.spec))
    var transition = GuestTransition(
        name: guest.name, change: change, live: nil, resolved: guest, reference: definition.reference)
    transition.definition = definition
    transition.found = found
    transition.starts = guest.spec.power == .running
    return transition
}

/// How a live guest is no longer what its own definition says, one sentence each; empty where it is.
public func driftCauses(of guest: LiveGuest) -> [String] {
    var causes: [String] = []
    switch (guest.state, guest.definition.spec.power) {
    case (.stopped, .running): causes.append("it is not running")
    case (.halted(let state), .running): causes.append("it is halted (\(state))")
    case (.unresponsive(let how), .running): causes.append("its process does not answer (\(how))")
    case (_, .stopped) where guest.hasProcess: causes.append("it runs although it is to be stopped")
    default: break
    }
    causes += guest.defects.map(\.text)
    let pending = Set(guest.definition.pendingDisks)
    causes += guest.definition.pendingDisks.map(guest.definition.pendingCause)
    causes += guest.missingState.map(guest.definition.missingCause)
    for disk in guest.definition.doomedDisks { causes.append("the file of disk \(disk) is still to be deleted") }
    for disk in guest.missingDisks where !pending.contains(disk) { causes.append("the file of disk \(disk) is gone") }
    return causes
}

/// What a running guest's process still has of an older definition: the fields that have not taken.
public func pendingRestart(of guest: LiveGuest) -> [Change.Field] {
    guard let running = guest.process?.spec, running != guest.definition.spec else { return [] }
    let difference = GuestDifference(
        from: running, to: guest.definition.spec, GuestContext(guest, isContended: false))
    return difference.verdicts.filter(\.canBePending).map(\.asPending.field)
}
