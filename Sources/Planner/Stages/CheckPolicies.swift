import FleetModel

/// Refuses what protection and limits on impact forbid.
func checkPolicies(
    of difference: Difference, desired: DesiredFleet, options: PlanOptions, on observed: ObservedFleet
) -> Remarks {
    var remarks = Remarks()
    for (index, host) in observed.hosts.enumerated() {
        for guest in difference.guests[index] {
            remarks.protect(guest, on: host)
            guard guest.change.action != .create else { continue }
            remarks.limit(
                guest.change, to: limits(of: guest, fleet: desired.policy, command: options.maxImpact),
                otherwise: "leave the change out", range: guest.resolved?.desired.origin)
        }
        for leftover in difference.leftovers[index] {
            let change = Change(removing: leftover, from: host.name)
            remarks.limit(
                change, to: generalLimits(of: change, fleet: desired.policy, command: options.maxImpact),
                otherwise: "leave it alone with --exclude \(change.address)")
        }
    }
    return remarks
}

/// Refuses a plan that does more to a guest than is allowed, for plans that were made under another limit.
public func limitImpact(of plan: Plan, to limit: Impact) -> [Diagnostic] {
    var remarks = Remarks()
    for change in plan.changes where change.address.kind == .guest || change.address.kind == .leftover {
        let remedy = "apply without --max-impact, or with --max-impact \(change.impact?.rawValue ?? "")"
        remarks.limit(
            change, to: [ImpactLimit(impact: limit, text: "--max-impact", remedy: remedy)], otherwise: "plan again")
    }
    return remarks.refusals
}

/// The most that may be done to a guest, and who says so.
private struct ImpactLimit {
    let impact: Impact
    let text: String
    let remedy: String
}

private func limits(of guest: GuestTransition, fleet: FleetPolicy, command: Impact?) -> [ImpactLimit] {
    var limits = generalLimits(of: guest.change, fleet: fleet, command: command)
    if let own = guest.resolved?.desired.update.maxImpact {
        limits.insert(
            ImpactLimit(impact: own, text: "its update.maxImpact", remedy: "raise the guest's update.maxImpact"), at: 1)
    }
    return limits
}

/// What holds for whatever is changed.
private func generalLimits(of change: Change, fleet: FleetPolicy, command: Impact?) -> [ImpactLimit] {
    var limits = [
        ImpactLimit(impact: fleet.maxImpact, text: "the fleet's policy.maxImpact", remedy: "raise policy.maxImpact")
    ]
    if let command, let impact = change.impact {
        limits.append(
            ImpactLimit(impact: command, text: "--max-impact", remedy: "plan with --max-impact \(impact.rawValue)"))
    }
    return limits
}

extension Remarks {
    /// The mark on the host counts, so that it outlives its manifest; and the manifest's own, so that no plan destroys
    /// what it is about to protect. To take the mark away is a change of its own, applied first.
    fileprivate mutating func protect(_ guest: GuestTransition, on host: ObservedHost) {
        let isMarked = guest.live?.definition.spec.isProtected == true
        guard let impact = guest.change.impact, impact >= .replace,
            isMarked || guest.resolved?.spec.isProtected == true
        else { return }
        let name = guest.live?.definition.name ?? guest.name
        let remedy: String
        if !isMarked {
            remedy = "apply protect: true after this change, or leave the change out"
        } else if guest.resolved == nil {
            remedy = "declare guest.\(name) with protect: false, apply that, and remove it then"
        } else {
            remedy = "set protect: false and apply that alone first, or leave the change out"
        }
        refuse(
            "protected",
            "guest.\(name) is protected on host.\(host.name), and this plan would \(guest.change.verb): "
                + guest.change.reason(above: .restart),
            detail: guest.change.reasons(above: .restart), help: remedy,
            range: guest.change.origin(above: .restart) ?? guest.resolved?.desired.origin)
    }

    /// Refuses a change that does more than the strictest of the limits allows.
    ///
    /// - Parameters:
    ///   - otherwise: what else is to be done about it.
    ///   - range: where the guest is declared.
    fileprivate mutating func limit(
        _ change: Change, to limits: [ImpactLimit], otherwise: String, range: SourceRange? = nil
    ) {
        guard let impact = change.impact, let strictest = limits.map(\.impact).min(), impact > strictest else { return }
        let broken = limits.filter { impact > $0.impact }
        let saying = limits.filter { $0.impact == strictest }.map(\.text)
        refuse(
            "max-impact",
            "\(change.address): this plan would \(change.verb) (\(change.reason(above: strictest))), and "
                + "\(saying.joined(separator: " and ")) allow\(saying.count > 1 ? "" : "s") \(strictest.rawValue) at most",
            detail: change.reasons(above: strictest),
            help: broken.map(\.remedy).joined(separator: ", and ") + ", or \(otherwise)",
            range: change.origin(above: strictest) ?? range, about: change.address)
    }
}

extension Change {
    /// What it does, for people.
    fileprivate var verb: String {
        switch (action, impact ?? .live) {
        case (.destroy, _): address.kind == .leftover ? "remove it" : "destroy it"
        case (.replace, let impact): impact == .destroy ? "replace it and lose data of it" : "replace it"
        case (_, .live): "change it"
        case (_, .restart): "restart it"
        case (_, .replace): "replace it"
        case (_, .destroy): "lose data of it"
        }
    }

    /// The field that does the most, else what else does.
    fileprivate func reason(above limit: Impact) -> String {
        let field = fields.filter { $0.impact > limit }.max { $0.impact < $1.impact }
        return field?.text ?? causes.first ?? "it changes"
    }

    /// All fields that do too much, and the causes, a line each; nil: there is nothing to add.
    fileprivate func reasons(above limit: Impact) -> String? {
        let lines = fields.filter { $0.impact > limit }.map { "\($0.text)  (\($0.impact.rawValue))" } + causes
        return lines.count > 1 ? lines.joined(separator: "\n") : nil
    }

    /// Where the first field that does too much is set.
    fileprivate func origin(above limit: Impact) -> SourceRange? {
        fields.first { $0.impact > limit && $0.origin != nil }?.origin
    }
}

extension Change.Field {
    fileprivate var text: String { "\(path) = \(before ?? "(not set)") -> \(after ?? "(not set)")" }
}
