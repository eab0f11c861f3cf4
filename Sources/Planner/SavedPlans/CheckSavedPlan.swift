import FleetModel

/// Why a saved plan must not be applied to the hosts as they are now; empty: it may be. Only what the plan's steps
/// rely on counts, and what the hosts can give.
///
/// - Parameter hosts: What observing the hosts that the plan changes gave, each of them observed.
public func checkSavedPlan(_ saved: SavedPlan, hosts: [Name: LiveHost]) -> [Diagnostic] {
    let progress = SavedPlanProgress(saved, on: hosts)
    // A guest that is made anew as it was looks the same before and after: then only its fingerprint tells.
    if progress.isDone, !progress.looksDoneFromTheStart { return [progress.refusal].compactMap { $0 } }

    let stale = hosts.sorted { $0.key < $1.key }.flatMap {
        staleObjects(of: saved, on: $1, $0) + missingGround(of: saved, on: $1, $0)
    }
    guard stale.isEmpty else {
        return progress.isDone ? [progress.refusal].compactMap { $0 } : stale + [progress.refusal].compactMap { $0 }
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
