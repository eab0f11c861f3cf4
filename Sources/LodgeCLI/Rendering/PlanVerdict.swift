import FleetModel

/// The plan in one sentence.
func verdict(on plan: Plan) -> String {
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

/// The line that bots look for. A refused plan has none, as nothing of it can be applied; neither has an empty one,
/// whose verdict says it all.
func summaryLine(of plan: Plan) -> String? {
    guard plan.refusals.isEmpty, !plan.isEmpty else { return nil }
    return "Plan: \(countsText(plan))."
}

func countsText(_ plan: Plan) -> String {
    let counts = plan.counts
    return "\(counts.added) to add, \(counts.changed) to change, \(counts.destroyed) to destroy"
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

/// What an impact does to an object that stays.
func impactText(_ impact: Impact) -> String {
    switch impact {
    case .live: "live"
    case .restart: "restart"
    case .replace: "new root disk"
    case .destroy: "loses data"
    }
}

/// Why hosts could not be observed, by their names.
func inOrder(_ unreachable: [Name: Diagnostic]) -> [Diagnostic] {
    unreachable.sorted { $0.key < $1.key }.map(\.value)
}
