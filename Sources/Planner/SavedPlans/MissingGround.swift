import FleetModel

/// What guests of the plan need of the host, was there when the plan was made, and is not so any more: one entry for
/// each thing, whoever needs it.
func missingGround(of saved: SavedPlan, on host: LiveHost, _ name: Name) -> [Diagnostic] {
    let owner = Owner(instance: host.facts.instance, fleet: saved.plan.fleet)
    var users: [Reliance: [ResourceAddress]] = [:]
    var order: [Reliance] = []
    for step in saved.plan.steps where step.host == name {
        for reliance in step.relies ?? [] {
            if users[reliance] == nil { order.append(reliance) }
            users[reliance, default: []].append(step.address)
        }
    }
    return order.compactMap { reliance in
        guard let fault = host.fault(of: reliance, owner: owner) else { return nil }
        let guests = users[reliance] ?? []
        let names = guests.prefix(3).map(\.description).joined(separator: ", ")
        let (subject, text) = subject(of: reliance, on: name)
        var refusal = Diagnostic.error(
            "plan-stale", "\(text) has changed since the plan was made, which relies on it",
            detail: "\(fault)\nneeded by \(names)\(guests.count > 3 ? " and \(guests.count - 3) more" : "")",
            help: "plan again")
        refusal.subject = subject
        return refusal
    }
}

private func subject(of reliance: Reliance, on host: Name) -> (ResourceAddress, String) {
    switch reliance {
    case .network(_, let name, _):
        let address = ResourceAddress(.network, name)
        return (address, "\(address) on host \(host)")
    case .claim(let image, _):
        let address = ResourceAddress(.image, image)
        return (address, "\(address) on host \(host)")
    case .cachedFile, .emulator:
        let address = ResourceAddress(.host, host)
        return (address, "\(address)")
    }
}
