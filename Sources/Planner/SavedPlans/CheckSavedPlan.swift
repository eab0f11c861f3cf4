import FleetModel

/// Why a saved plan must not be applied to the hosts as they are now; empty: it may be. Only what the plan's steps
/// rely on counts, and what the hosts can give.
///
/// - Parameter hosts: What observing the hosts that the plan changes gave, each of them observed.
public func checkSavedPlan(_ saved: SavedPlan, hosts: [Name: LiveHost]) -> [Diagnostic] {
    let results = saved.plan.changes.compactMap { change in
        hosts[change.host].map { host in (change, Deviation(saved, on: host).fromResult(of: change)) }
    }
    let made = results.filter { $0.1.isEmpty }.map(\.0)
    let isDone = !made.isEmpty && made.count == results.count
    // A guest that is made anew as it was looks the same before and after: then only its fingerprint tells.
    if isDone, !made.allSatisfy({ $0.action == .replace && $0.before == $0.after }) { return [alreadyApplied(saved)] }

    var refusals: [Diagnostic] = []
    for (name, host) in hosts.sorted(by: { $0.key < $1.key }) { refusals += staleObjects(of: saved, on: host, name) }
    guard refusals.isEmpty else {
        if isDone { return [alreadyApplied(saved)] }
        if !made.isEmpty { refusals.append(appliedInPart(made, of: results.count)) }
        return refusals
    }
    return hosts.sorted { $0.key < $1.key }.flatMap { recheckCapacity(of: saved.plan, on: $1, $0) }
}

/// What a saved plan was to lead to and is not so now that it was applied, one entry an object.
///
/// - Parameter hosts: What observing the hosts that the plan changes gave.
public func findUnmet(_ saved: SavedPlan, hosts: [Name: HostObservation]) -> [Diagnostic] {
    saved.plan.changes.compactMap { change in
        switch hosts[change.host] {
        case .observed(let host):
            let clauses = Deviation(saved, on: host).fromResult(of: change)
            guard !clauses.isEmpty else { return nil }
            return .error(
                "apply-unmet", "\(change.address) on host \(change.host) is not what the plan leads to",
                detail: clauses.joined(separator: "\n"))
        case .unreachable(let diagnostic): return diagnostic
        case nil: return nil
        }
    }
}

/// The objects that the plan's steps rely on and that are not any more what they were, in the order of the steps.
private func staleObjects(of saved: SavedPlan, on host: LiveHost, _ name: Name) -> [Diagnostic] {
    let deviation = Deviation(saved, on: host)
    let changes = Dictionary(
        saved.plan.changes.filter { $0.host == name }.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    var seen: Set<ResourceAddress> = []
    return saved.plan.steps.compactMap { step in
        guard step.host == name, let expected = step.expects, !seen.contains(step.address),
            let present = host.fingerprint(of: step.operation), present != expected
        else { return nil }
        seen.insert(step.address)
        var clauses = changes[step.address].map { deviation.sincePlan(of: $0) } ?? []
        if clauses.isEmpty {
            clauses = [
                present == .absent
                    ? "it is gone"
                    : expected == .absent
                        ? "it exists by now" : "its process or its definition is another one, with the same fields"
            ]
        }
        var refusal = Diagnostic.error(
            "plan-stale", "\(step.address) on host \(name) has changed since the plan was made",
            detail: clauses.joined(separator: "\n"), help: "plan again")
        refusal.subject = step.address
        return refusal
    }
}

private func alreadyApplied(_ saved: SavedPlan) -> Diagnostic {
    .error(
        "plan-applied", "this plan seems to have been applied already",
        detail: "Everything that it changes is what it leads to. It was made at \(saved.header.created).",
        help: "plan again to see whether anything is left")
}

private func appliedInPart(_ made: [Change], of count: Int) -> Diagnostic {
    let names = made.prefix(5).map(\.address.description).joined(separator: ", ")
    return .error(
        "plan-applied-in-part", "\(made.count) of the plan's \(count) changes are there already",
        detail: "\(names)\(made.count > 5 ? " and \(made.count - 5) more" : "")\n"
            + "An apply of this plan was interrupted, or somebody else made the same change.",
        help: "plan again: it shows what is left")
}
