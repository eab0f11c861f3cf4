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
    let stopped = plan.stopped
    let losing = guests.filter { $0.action != .destroy && $0.impact == .destroy }
    let restarting = losing.count { stopped.contains($0) }
    let leftovers = plan.changes.count { $0.address.kind == .leftover && $0.impact == .destroy }
    let parts: [(count: Int, one: String, many: String)] = [
        (guests.count { $0.action == .destroy }, "is destroyed", "are destroyed"),
        (restarting, "restarts or stops and loses data", "restart or stop and lose data"),
        (losing.count - restarting, "loses data", "lose data"),
        (guests.count { $0.impact == .replace }, "is replaced", "are replaced"),
        (guests.count { $0.impact == .restart }, "restarts or stops", "restart or stop"),
    ]
    let clauses = parts.filter { $0.count > 0 }.enumerated().map { index, part in
        "\(index == 0 ? counted(part.count, "guest") : "\(part.count)") \(part.count == 1 ? part.one : part.many)"
    }
    return clauses.isEmpty && leftovers == 0
        ? "nothing that runs is interrupted" : (clauses + destruction(ofLeftovers: leftovers)).joined(separator: ", ")
}

/// Of those that are guests' processes, or folders with their disks.
private func destruction(ofLeftovers count: Int) -> [String] {
    count == 0
        ? []
        : ["\(counted(count, "leftover")) with a guest's process or disks \(count == 1 ? "is" : "are") destroyed"]
}

/// The guests whose processes a plan ends, those among the leftovers included.
struct StoppedGuests {
    private struct Place: Hashable {
        let address: ResourceAddress
        let host: Name
    }

    private let places: Set<Place>

    init(_ steps: [Step]) {
        places = Set(
            steps.compactMap { step in
                switch step.operation {
                case .stopGuest: Place(address: step.address, host: step.host)
                case .removeLeftover(let leftover) where leftover.kind == .process:
                    Place(address: step.address, host: step.host)
                default: nil
                }
            })
    }

    func contains(_ change: Change) -> Bool { places.contains(Place(address: change.address, host: change.host)) }
}

extension Plan {
    var stopped: StoppedGuests { StoppedGuests(steps) }
}

/// What an impact does to an object that stays.
///
/// - Parameter stops: Its process ends for it, whatever else happens.
func impactText(_ impact: Impact, stops: Bool) -> String {
    switch impact {
    case .destroy where stops: "restarts and loses data"
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
