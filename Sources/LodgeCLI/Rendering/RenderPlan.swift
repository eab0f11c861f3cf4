import FleetModel
import Planner

/// A plan for people: the verdict, what hurts, whether it fits, each change, and the line that counts them.
public func renderPlan(_ plan: Plan, style: TextStyle) -> String {
    var text = ""
    text += style.paint(verdict(on: plan), .bold) + "\n"
    writeRefusals(of: plan, to: &text, style)
    writeInterruptions(of: plan, to: &text, style)
    if !plan.isEmpty || !plan.refusals.isEmpty { writeCapacity(plan.capacity, to: &text, style) }
    for change in plan.changes {
        text += "\n"
        writeChange(change, to: &text, style)
    }
    writeRemarks(of: plan, to: &text, style)
    if !plan.isEmpty {
        let counts = plan.counts
        text += "\n" + style.paint("Plan:", .bold)
        text += " \(counts.added) to add, \(counts.changed) to change, \(counts.destroyed) to destroy.\n"
    }
    return text
}

private func verdict(on plan: Plan) -> String {
    if !plan.refusals.isEmpty {
        return "Refused: \(counted(plan.refusals.count, "reason")), and nothing can be applied."
    }
    guard !plan.isEmpty else {
        return plan.unreachable.isEmpty
            ? "No changes. Your infrastructure matches the configuration."
            : "Nothing is planned; \(counted(plan.unreachable.count, "host")) could not be observed."
    }
    let hosts = Set(plan.changes.map(\.host)).count
    return "Fleet \(plan.fleet): \(counted(plan.changes.count, "change")) on \(counted(hosts, "host")); "
        + interruption(by: plan) + "."
}

/// What happens to guests, the worst first.
private func interruption(by plan: Plan) -> String {
    let guests = plan.changes.filter { $0.address.kind == .guest }
    let parts: [(count: Int, one: String, many: String)] = [
        (guests.count { $0.action == .destroy }, "is destroyed", "are destroyed"),
        (guests.count { $0.action != .destroy && $0.impact == .destroy }, "loses data", "lose data"),
        (guests.count { $0.impact == .replace }, "is replaced", "are replaced"),
        (guests.count { $0.impact == .restart }, "restarts or stops", "restart or stop"),
    ]
    let clauses = parts.filter { $0.count > 0 }.enumerated().map { index, part in
        "\(index == 0 ? counted(part.count, "guest") : "\(part.count)") \(part.count == 1 ? part.one : part.many)"
    }
    return clauses.isEmpty ? "nothing that runs is interrupted" : clauses.joined(separator: ", ")
}

private func writeRefusals(of plan: Plan, to text: inout String, _ style: TextStyle) {
    guard !plan.refusals.isEmpty else { return }
    text += "\n" + renderDiagnostics(plan.refusals, style: style)
}

/// The guests that go down or lose something, each with the fields or causes that make them.
private func writeInterruptions(of plan: Plan, to text: inout String, _ style: TextStyle) {
    var table = TextTable([
        .init(title: "GUEST"), .init(title: "HOST"), .init(title: "BECAUSE OF"), .init(title: "IMPACT"),
    ])
    let guests = plan.changes.filter { $0.address.kind == .guest && ($0.impact ?? .live) >= .restart }
    // Sorting is stable: among equals the names stay in order.
    for change in guests.sorted(by: { $0.severity > $1.severity }) {
        guard let impact = change.impact else { continue }
        let worst = change.fields.filter { $0.impact == impact }.map(\.path)
        let reason = worst.isEmpty ? change.causes.joined(separator: "; ") : worst.joined(separator: ", ")
        table.add([
            .init(change.address.name.text), .init(change.host.text), .init(reason),
            .init(change.action == .destroy ? "destroy" : impactText(impact), tone(of: impact)),
        ])
    }
    guard !table.isEmpty else { return }
    text += "\nDowntime and data loss:\n"
    table.write(to: &text, style: style)
}

extension Change {
    /// From what only interrupts to what is gone for good.
    fileprivate var severity: Int {
        switch (action, impact) {
        case (.destroy, _): 4
        case (_, .destroy): 3
        case (_, .replace): 2
        default: 1
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

func writeCapacity(_ capacity: [HostCapacity], to text: inout String, _ style: TextStyle) {
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
    guard !table.isEmpty else { return }
    text += "\nCapacity:\n"
    table.write(to: &text, style: style)
}

private func writeRemarks(of plan: Plan, to text: inout String, _ style: TextStyle) {
    if !plan.isEmpty, !plan.notes.isEmpty {
        text += "\n"
        for note in plan.notes { text += style.paint("note:", .bold) + " \(note)\n" }
    }
    let warnings = plan.warnings + plan.unreachable.sorted { $0.key < $1.key }.map(\.value)
    if !warnings.isEmpty { text += "\n" + renderDiagnostics(warnings, style: style) }
}
