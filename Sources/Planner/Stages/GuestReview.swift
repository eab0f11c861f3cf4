import FleetModel

/// The reasons to touch a live guest, and what each one costs.
struct GuestReview {
    private(set) var fields: [Change.Field] = []
    private(set) var causes: [String] = []
    private(set) var impact: Impact?
    private(set) var isDrift = false
    /// A process that is there has to end.
    private(set) var goesDown = false
    /// Disks to be made, in the order of the spec.
    private(set) var disksToMake: [Name] = []
    /// Its root disk is made anew.
    private(set) var isReplaced = false
    let renames: Bool

    var isNeeded: Bool { impact != nil }
    private let hasProcess: Bool

    init(_ guest: ResolvedGuest, _ live: LiveGuest, readdressed: [ObjectID: String], cached: Set<String>) {
        let definition = live.definition
        hasProcess = live.hasProcess
        renames = definition.name != guest.name
        if renames {
            add(.init(path: "name", before: definition.name.text, after: guest.name.text, impact: .live))
        }
        let difference = GuestDifference(from: definition.spec, to: guest.spec)
        for field in difference.fields { add(field) }
        causes += difference.causes

        checkDisks(guest, live, renewed: difference.renewed)
        checkPower(guest, live)
        checkPendingRestart(guest, live)
        for nic in guest.spec.nics {
            if let cause = readdressed[nic.networkID] { add(cause, .restart, goesDown: true) }
        }
        for (file, _) in guest.desired.boot?.files ?? [] where !cached.contains(file.fileName) {
            // A file that is new to the definition is a field of its own.
            if difference.fields.isEmpty { add("its \(file.format.rawValue) is missing from the cache", .live) }
        }
    }

    private mutating func add(_ field: Change.Field) {
        var field = field
        if field.impact >= .restart { goesDown = true }
        if field.impact == .replace { isReplaced = true }
        field.impact = effective(field.impact)
        fields.append(field)
        impact = max(impact ?? .live, field.impact)
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
        let had = Set(live.process?.spec.disks.map(\.name) ?? live.definition.spec.disks.map(\.name))
        var toMake = Set(renewed)
        for (position, disk) in guest.spec.disks.enumerated() where !toMake.contains(disk.name) {
            if pending.contains(disk.name) {
                toMake.insert(disk.name)
                add("an interrupted change left disk \(disk.name) unmade", .restart, goesDown: true, isDrift: true)
            } else if missing.contains(disk.name), !had.contains(disk.name) {
                add("an interrupted change left disk \(disk.name) unmade", .restart, goesDown: true, isDrift: true)
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
    }

    private mutating func checkPendingRestart(_ guest: ResolvedGuest, _ live: LiveGuest) {
        guard guest.spec.power == .running else { return }
        let pending = pendingRestart(of: live)
        guard !pending.isEmpty else { return }
        if !goesDown {
            for field in pending { add(Change.Field(pending: field)) }
        }
        add("it runs with an older definition", .restart, goesDown: true)
    }
}

extension Change.Field {
    /// A field that the definition has and the process lacks: its disk was made, only the restart is missing.
    fileprivate init(pending field: Change.Field) {
        self = field
        impact = .restart
    }
}
