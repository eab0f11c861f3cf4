import FleetModel

/// Refuses a plan that does more to a guest than is allowed, for plans that were made under another limit.
public func limitImpact(of plan: Plan, to limit: Impact) -> [Diagnostic] {
    plan.changes.compactMap { change in
        guard change.address.kind == .guest, let impact = change.impact, impact > limit else { return nil }
        let fields = change.fields.filter { $0.impact > limit }.map(\.path)
        let reason = fields.isEmpty ? change.causes.joined(separator: "; ") : fields.joined(separator: ", ")
        var refusal = Diagnostic.error(
            "max-impact",
            "\(change.address): the plan's impact on it is \(impact.rawValue), and --max-impact allows \(limit.rawValue)",
            detail: reason.isEmpty ? nil : "because of \(reason)",
            help: "apply without --max-impact, or with --max-impact \(impact.rawValue)")
        refusal.subject = change.address
        return refusal
    }
}
