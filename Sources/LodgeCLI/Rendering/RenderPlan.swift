import FleetModel

/// A plan for people: the verdict, what hurts, what others changed, whether it fits, each change, and the line that
/// counts them.
public func renderPlan(_ plan: Plan, style: TextStyle) -> String {
    var text = style.paint(verdict(on: plan), .bold) + "\n"
    if !plan.refusals.isEmpty { text += "\n" + renderDiagnostics(plan.refusals, style: style) }
    write(interruptionTable(plan), under: "Downtime and data loss:", to: &text, style)
    write(driftTable(plan), under: "Drift: changed outside of Lodge since the last apply", to: &text, style)
    if !plan.isEmpty || !plan.refusals.isEmpty {
        write(capacityTable(plan.capacity), under: "Capacity:", to: &text, style)
        write(
            strangerTable(plan.strangers), under: "Not of this fleet, counted and never touched:", to: &text, style)
    }
    let stopped = plan.stopped
    for change in plan.changes {
        text += "\n"
        writeChange(change, stops: stopped.contains(change), to: &text, style)
    }
    writeRemarks(of: plan, to: &text, style)
    writeEnd(of: plan, to: &text, style)
    return text
}

private func write(_ table: TextTable, under title: String, to text: inout String, _ style: TextStyle) {
    guard !table.isEmpty else { return }
    text += "\n\(title)\n"
    table.write(to: &text, style: style)
}

private func writeRemarks(of plan: Plan, to text: inout String, _ style: TextStyle) {
    if !plan.isEmpty, !plan.notes.isEmpty {
        text += "\n"
        for note in plan.notes { text += style.paint("note:", .bold) + " \(note.visible)\n" }
    }
    let warnings = plan.warnings + inOrder(plan.unreachable)
    if !warnings.isEmpty { text += "\n" + renderDiagnostics(warnings, style: style) }
}

/// The last line tells what can be done with the plan, also to whoever sees nothing else of it.
private func writeEnd(of plan: Plan, to text: inout String, _ style: TextStyle) {
    if let line = summaryLine(of: plan) {
        text += "\n" + style.paint(String(line.prefix(5)), .bold) + line.dropFirst(5) + "\n"
    } else if !plan.refusals.isEmpty, !plan.isEmpty {
        let reasons = plan.refusals.count == 1 ? "the reason is" : "the reasons are"
        text += "\n" + style.paint("Refused:", .error) + " nothing of this can be applied; \(reasons) at the top.\n"
    }
}
