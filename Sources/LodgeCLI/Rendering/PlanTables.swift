import FleetModel

/// The guests that go down or lose something, the worst first, each with the fields or causes that make them; then what
/// is left over of guests and goes.
func interruptionTable(_ plan: Plan) -> TextTable {
    var table = TextTable([
        .init(title: "GUEST"), .init(title: "HOST"), .init(title: "BECAUSE OF"), .init(title: "IMPACT"),
    ])
    let stopped = plan.stopped
    let guests = plan.changes.filter { $0.address.kind == .guest && ($0.impact ?? .live) >= .restart }
    let leftovers = plan.changes.filter { $0.address.kind == .leftover && ($0.impact ?? .live) >= .restart }
    // Sorting is stable: among equals the names stay in order.
    for change in guests.sorted(by: { $0.severity > $1.severity }) + leftovers {
        guard let impact = change.impact else { continue }
        table.add([
            .init(change.address.kind == .guest ? change.address.name.text : change.address.description),
            .init(change.host.text), .init(reason(for: impact, of: change)),
            .init(
                change.action == .destroy ? "destroy" : impactText(impact, stops: stopped.contains(change)),
                tone(of: impact)),
        ])
    }
    return table
}

/// The fields that have the impact, else the causes; the first three of them.
private func reason(for impact: Impact, of change: Change) -> String {
    let worst = change.action == .destroy ? [] : change.fields.filter { $0.impact == impact }.map(\.path)
    let reasons = worst.isEmpty ? change.causes : worst
    let more = reasons.count > 3 ? " and \(reasons.count - 3) more" : ""
    return reasons.prefix(3).map(\.visible).joined(separator: worst.isEmpty ? "; " : ", ") + more
}

extension Change {
    /// From what interrupts nothing to what is gone for good.
    var severity: Int {
        switch (action, impact) {
        case (.destroy, .live): 0
        case (.destroy, _): 4
        case (_, .destroy): 3
        case (_, .replace): 2
        case (_, .restart): 1
        default: 0
        }
    }
}

private func tone(of impact: Impact) -> TextStyle.Tone {
    switch impact {
    case .live: .plain
    case .restart: .changed
    case .replace, .destroy: .removed
    }
}

/// The objects that are not any more what was last applied: which, where, and how.
func driftTable(_ plan: Plan) -> TextTable {
    var table = TextTable([.init(title: "OBJECT"), .init(title: "HOST"), .init(title: "WHAT IS DIFFERENT")])
    for change in plan.changes where change.isDrift {
        let address = change.renamedFrom.map { ResourceAddress(change.address.kind, $0) } ?? change.address
        let causes = change.causes.isEmpty ? change.fields.map(\.path) : change.causes
        table.add([
            .init(address.description), .init(change.host.text), .init(causes.map(\.visible).joined(separator: "; ")),
        ])
    }
    return table
}

/// Before, at the worst moment, and after; amounts above what can be given stand out.
func capacityTable(_ capacity: [HostCapacity]) -> TextTable {
    var table = TextTable([
        .init(title: "HOST"), .init(title: "RESOURCE"), .init(title: "ALLOCATABLE", isNumeric: true),
        .init(title: "BEFORE", isNumeric: true), .init(title: "PEAK", isNumeric: true),
        .init(title: "AFTER", isNumeric: true),
    ])
    for host in capacity {
        func row(_ first: String, _ resource: String, _ value: (HostCapacity.Amounts) -> (text: String, size: Int64)) {
            let limit = value(host.allocatable)
            let cells = [host.before, host.peak, host.after].map { amounts in
                let amount = value(amounts)
                return TextTable.Cell(amount.text, amount.size > limit.size ? .error : .plain)
            }
            table.add([.init(first), .init(resource), .init(limit.text)] + cells)
        }
        row(host.host.text, "memory") { ($0.memory.rounded, $0.memory.bytes) }
        row("", "cpus") { ("\($0.cpus)", Int64($0.cpus)) }
        row("", "disk") { ($0.disk.rounded, $0.disk.bytes) }
    }
    return table
}

/// What other owners have on the hosts.
func strangerTable(_ strangers: some Sequence<Stranger>) -> TextTable {
    var table = TextTable([
        .init(title: "HOST"), .init(title: "WHAT"), .init(title: "MEMORY", isNumeric: true),
        .init(title: "CPUS", isNumeric: true),
    ])
    for stranger in strangers {
        table.add([
            .init(stranger.host.text), .init(stranger.text.visible),
            .init(stranger.memory == .zero ? "-" : stranger.memory.rounded),
            .init(stranger.cpus == 0 ? "-" : "\(stranger.cpus)"),
        ])
    }
    return table
}
