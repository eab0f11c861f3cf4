import FleetModel

/// The reasons to touch a live guest, and what each one costs.
struct GuestReview {
    private var verdicts: [FieldVerdict] = []
    private(set) var causes: [String] = []
    private(set) var impact: Impact?
    private(set) var isDrift = false
    /// A process that is there has to end.
    private(set) var goesDown = false
    /// What is changed in the process instead, where it need not end.
    private(set) var liveChanges: [LiveChange] = []
    /// Disks to be made, in the order of the spec.
    private(set) var disksToMake: [Name] = []
    /// Its root disk is made anew.
    private(set) var isReplaced = false
    private(set) var isRequested = false
    let renames: Bool

    var isNeeded: Bool { impact != nil }
    private let hasProcess: Bool

    init(_ guest: ResolvedGuest, _ live: LiveGuest, _ surroundings: GuestSurroundings) {
        let definition = live.definition
        hasProcess = live.hasProcess
        renames = definition.name != guest.name
        let context = GuestContext(live, isContended: surroundings.contended.contains(definition.id))
        let defined = GuestDifference(from: definition.spec, to: guest.spec, context)
        var actual: ActualGuest?
        if live.state == .running, guest.spec.power == .running, let process = live.process {
            actual = ActualGuest(process, defects: live.defects, wanted: guest.spec)
        }
        if renames { addRename(from: definition.name, to: guest.name) }
        addFields(defined, actual, live, guest.spec, context)
        var renewed = defined.renewed
        if surroundings.replacements.contains(ResourceAddress(.guest, guest.name)) {
            add("requested by --replace", .replace, goesDown: true)
            isReplaced = true
            isRequested = true
            if let root = guest.spec.disks.first?.name, !renewed.contains(root) { renewed.append(root) }
        }
        checkDisks(guest, live, renewed: renewed)
        checkState(guest, live)
        checkPower(guest, live)
        if let actual { checkDefects(actual) }
        checkBootFiles(guest, surroundings, isOtherwiseUnchanged: defined.verdicts.isEmpty)
        checkNeighbours(guest, live, surroundings)
        if let actual, let process = live.process, isNeeded, !goesDown {
            let wanted = Set(guest.spec.disks.map(\.name))
            let doomed = definition.doomedDisks.filter { !wanted.contains($0) }
            var removals = Dictionary(
                definition.spec.disks.map { ($0.name, $0.onRemove) }, uniquingKeysWith: { first, _ in first })
            for disk in doomed { removals[disk] = .delete }
            let changes = Planner.liveChanges(
                from: process.spec, actual: actual.spec, to: guest.spec, removals: removals)
            let deletions = doomed.map { LiveChange.removeDisk($0, deletesFile: true) }
            liveChanges =
                (deletions + actual.repairs).filter { !changes.contains($0) } + changes
        }
    }

    /// The fields that differ, and how, with what their change does to this guest now.
    ///
    /// - Parameter guest: where the new values and secrets come from.
    func fields(of guest: ResolvedGuest, before: GuestSpec) -> [Change.Field] {
        let origins = FieldOrigins(guest.desired)
        return verdicts.map { verdict in
            var field = verdict.field
            if goesDown, verdict.effect.isDeferred || verdict.field.impact == .live { field.note = nil }
            field.origin = origins.origin(of: field.path)
            if before.hides(field.path) || guest.spec.hides(field.path) {
                field.isSensitive = true
                field.before = field.before.map { _ in Change.Field.concealed }
                field.after = field.after.map { _ in Change.Field.concealed }
            }
            return field
        }
    }

    /// What the definition changes, and what the process lacks of it. Where the two are apart, what becomes of files
    /// counts as the step from the old definition, and what becomes of the process as the step from what it is.
    private mutating func addFields(
        _ defined: GuestDifference, _ actual: ActualGuest?, _ live: LiveGuest, _ new: GuestSpec,
        _ context: GuestContext
    ) {
        let old = live.definition.spec
        causes += defined.causes
        // A change takes over the definition's number once all of it was tried.
        let hasTried = live.process?.generation == live.definition.generation
        guard let actual, actual.spec != old else {
            for verdict in defined.verdicts { add(verdict) }
            return
        }
        let present = GuestDifference(from: actual.spec, to: new, context).verdicts
        let byPath = Dictionary(present.map { ($0.field.path, $0) }, uniquingKeysWith: { first, _ in first })
        for verdict in defined.verdicts { add(verdict.field.impact >= .replace ? verdict : verdict.with(byPath)) }
        let known = Set(defined.verdicts.map(\.field.path))
        for verdict in present where !known.contains(verdict.field.path) && verdict.canBePending {
            guard !actual.drifted.contains(verdict.field.path) else {
                add(verdict.asPending)
                continue
            }
            add(hasTried ? verdict.asPending.asRefused : verdict.asPending)
            add(hasTried ? "an earlier change has not taken while it ran" : "an earlier change was cut off", .live)
        }
    }

    private mutating func addRename(from old: Name, to new: Name) {
        let field = Change.Field(path: "name", before: old.text, after: new.text, impact: .live)
        add(FieldVerdict(field: field, effect: FieldEffect("any", "a rename", .impact(.live))))
    }

    private mutating func add(_ verdict: FieldVerdict) {
        var verdict = verdict
        if verdict.effect.interrupts { goesDown = true }
        if verdict.field.impact == .replace { isReplaced = true }
        verdict.field.impact = effective(verdict.field.impact)
        if !hasProcess { verdict.field.note = nil }
        verdicts.append(verdict)
        impact = max(impact ?? .live, verdict.field.impact)
    }

    private mutating func add(_ cause: String, _ causeImpact: Impact, goesDown: Bool = false, isDrift: Bool = false) {
        if !causes.contains(cause) { causes.append(cause) }
        self.goesDown = self.goesDown || goesDown
        self.isDrift = self.isDrift || isDrift
        impact = max(impact ?? .live, effective(causeImpact))
    }

    /// Where nothing runs, a restart interrupts nothing.
    private func effective(_ impact: Impact) -> Impact { impact == .restart && !hasProcess ? .live : impact }

    private mutating func checkPower(_ guest: ResolvedGuest, _ live: LiveGuest) {
        let was = live.definition.spec.power
        switch (guest.spec.power, live.state) {
        case (.running, .stopped):
            if was == .running { add("it is not running", .live, isDrift: true) }
        case (.running, .halted(let state)):
            add("it is halted (\(state))", .restart, goesDown: true, isDrift: true)
        case (.running, .unresponsive(let how)):
            add("its process does not answer (\(how))", .restart, goesDown: true, isDrift: true)
        case (.running, .running), (.stopped, .stopped): break
        case (.stopped, _):
            if was == .stopped { add("it runs although it is to be stopped", .restart, goesDown: true, isDrift: true) }
        }
    }

    private mutating func checkDisks(_ guest: ResolvedGuest, _ live: LiveGuest, renewed: [Name]) {
        let pending = Set(live.definition.pendingDisks)
        let missing = Set(live.missingDisks)
        let had = Set(live.effectiveSpec.disks.map(\.name))
        var toMake = Set(renewed)
        for (position, disk) in guest.spec.disks.enumerated() where !toMake.contains(disk.name) {
            if pending.contains(disk.name), missing.contains(disk.name) || live.definition.isUnfinished {
                toMake.insert(disk.name)
                add(live.definition.pendingCause(disk.name), .restart, goesDown: true, isDrift: true)
            } else if pending.contains(disk.name) {
                // Whose file it is cannot be told: the old one's, with all that is on it, or the new one's.
                toMake.insert(disk.name)
                if position == 0 { isReplaced = true }
                add(
                    live.definition.pendingCause(disk.name), position == 0 ? .replace : .destroy, goesDown: true,
                    isDrift: true)
            } else if missing.contains(disk.name), !had.contains(disk.name) {
                // It is made when it is plugged in: a field that the process lacks.
                add("an interrupted change left disk \(disk.name) unmade", .live, isDrift: true)
            } else if missing.contains(disk.name), position == 0 {
                toMake.insert(disk.name)
                isReplaced = true
                add("the file of root disk \(disk.name) is gone", .replace, goesDown: true, isDrift: true)
            } else if missing.contains(disk.name) {
                toMake.insert(disk.name)
                add(
                    "the file of disk \(disk.name) is gone; its data is lost already", .destroy, goesDown: true,
                    isDrift: true)
            }
        }
        disksToMake = guest.spec.disks.map(\.name).filter(toMake.contains)
        checkDoomedDisks(guest, live, had: had)
    }

    /// What it keeps besides its disks. QEMU and a TPM that run have it still, but not for their next start.
    private mutating func checkState(_ guest: ResolvedGuest, _ live: LiveGuest) {
        for state in live.missingState where guest.spec.keptState.contains(state) {
            let cause = live.definition.missingCause(state)
            add(cause, .restart, goesDown: true, isDrift: true)
        }
    }

    /// Files that an interrupted change was to delete, and has not.
    private mutating func checkDoomedDisks(_ guest: ResolvedGuest, _ live: LiveGuest, had: Set<Name>) {
        let wanted = Set(guest.spec.disks.map(\.name))
        for disk in live.definition.doomedDisks {
            if !wanted.contains(disk) {
                let takesHotPlug = live.effectiveSpec.machine == .q35
                add(
                    "an interrupted change left the file of disk \(disk), whose data is to be deleted", .destroy,
                    goesDown: live.hasProcess && !takesHotPlug, isDrift: true)
            } else if !had.contains(disk) {
                causes.append(
                    "disk \(disk) was to be deleted, but its file is still there, and is attached again")
            }
        }
    }

    private mutating func checkDefects(_ actual: ActualGuest) {
        for cause in actual.causes {
            add(cause, actual.needsRestart ? .restart : .live, goesDown: actual.needsRestart, isDrift: true)
        }
    }

    private mutating func checkBootFiles(
        _ guest: ResolvedGuest, _ surroundings: GuestSurroundings, isOtherwiseUnchanged: Bool
    ) {
        // A file that is new to the definition is a field of its own.
        guard isOtherwiseUnchanged else { return }
        for (file, _) in guest.desired.boot?.files ?? [] where !surroundings.cached.contains(file.fileName) {
            add("its \(file.format.rawValue) is missing from the cache", .live)
        }
    }

    /// Networks under the guest that change their addresses take it down; what becomes of them and of the images under
    /// its disks is why some of its fields change.
    private mutating func checkNeighbours(
        _ guest: ResolvedGuest, _ live: LiveGuest, _ surroundings: GuestSurroundings
    ) {
        guard !verdicts.isEmpty || !surroundings.readdressed.isEmpty else { return }
        let restarts = surroundings.restartReasons(of: guest, live)
        let doings = NeighbourDoings(from: live.definition.spec, to: guest.spec)
        let reasons = restarts + doings.reasons.filter { !restarts.contains($0) }
        guard !reasons.isEmpty else { return }
        // What interrupts nothing does not matter where something does.
        let interrupts = !restarts.isEmpty || verdicts.contains(where: \.effect.interrupts)
        let others = verdicts.contains { verdict in
            // New addresses are the network's doing.
            let isExplained =
                doings.paths.contains(verdict.field.path)
                || !restarts.isEmpty && verdict.field.path.hasSuffix(".ipv4")
            return !isExplained && (verdict.effect.interrupts || !interrupts)
        }
        let isOnly = !others && doings.disks.isSuperset(of: disksToMake) && !isDrift && !isRequested
        let text = reasons.joined(separator: ", and ")
        let isDown = !restarts.isEmpty
        add(isOnly ? "only because \(text)" : text, isDown ? .restart : .live, goesDown: isDown)
    }
}

extension GuestDefinition {
    /// The guest was being made when that was cut off: it has never run, and nothing is on its disks.
    var isUnfinished: Bool { generation == 1 && !pendingDisks.isEmpty }

    /// For plans: why it lacks what it is to keep.
    public func missingCause(_ state: KeptState) -> String {
        isUnfinished ? "an interrupted change left its \(state.noun) unmade" : state.loss
    }

    /// For plans: what an interrupted change is to blame for.
    func pendingCause(_ disk: Name) -> String {
        isUnfinished
            ? "an interrupted change left disk \(disk) unmade"
            : "an interrupted change is still to make disk \(disk) anew"
    }
}

extension FieldVerdict {
    /// The order of a guest's devices, its power and what waits for a restart anyway are never pending.
    var canBePending: Bool { !effect.isDeferred && field.path != "power" && !field.path.hasSuffix(".order") }

    /// A field that the definition has and the process lacks: its disk was made, only the restart is missing.
    var asPending: FieldVerdict {
        guard field.impact >= .replace, field.after != nil else { return self }
        var pending = self
        pending.field.impact = .restart
        pending.effect = FieldEffect(effect.id, effect.change, .impact(.restart), needsGuest: effect.needsGuest)
        return pending
    }

    /// A field that the guest did not let change while it ran: to try that again would end as before. A disk whose file
    /// is to be deleted is tried again: a restart takes it from the guest, but leaves the file.
    var asRefused: FieldVerdict {
        guard field.impact < .destroy else { return self }
        var refused = self
        refused.field.impact = max(.restart, field.impact)
        refused.field.note = "the guest did not let it change while it ran"
        refused.effect = FieldEffect(
            effect.id, effect.change, .impact(refused.field.impact), needsGuest: effect.needsGuest)
        return refused
    }

    /// The field as the step from what the process has.
    fileprivate func with(_ present: [String: FieldVerdict]) -> FieldVerdict {
        var verdict = self
        let now = present[field.path]?.asPending
        verdict.effect = now?.effect ?? FieldEffect(effect.id, effect.change, .impact(.live))
        verdict.field.impact = verdict.effect.impact
        verdict.field.note = now?.field.note
        return verdict
    }
}
