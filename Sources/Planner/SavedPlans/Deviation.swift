import FleetModel

/// What a change of a saved plan leads to, and how far a host is from it. Both sides are compared sealed, so that
/// secrets differ where they differ, and are not seen.
struct Deviation {
    let seal: PlanSeal
    let host: LiveHost
    let owner: Owner

    init(_ saved: SavedPlan, on host: LiveHost) {
        seal = saved.inputs.seal
        self.host = host
        owner = Owner(instance: host.facts.instance, fleet: saved.plan.fleet)
    }

    /// Why the host is not what the change leads to, one clause each; empty: it is.
    func fromResult(of change: Change) -> [String] {
        let name = change.address.name
        switch (change.after, change.before) {
        case (.guest(let spec), _):
            guard let live = guest(name) else { return ["it is not there"] }
            let missing = spec.cachedFiles.subtracting(host.cache.map(\.fileName)).sorted()
            return fields(from: spec, to: live) + condition(of: live)
                + missing.map { "\($0) is missing from the cache" }
        case (.network(let spec), _):
            guard let live = network(name) else { return ["it is not there"] }
            return networkFields.compactMap { $0.verdict(from: spec, to: live.definition.spec, .none)?.field }.map(
                sentence)
                + live.defects.map(\.text)
        case (.image(let image), _):
            guard let live = self.image(name) else { return ["it is not there"] }
            let isCached = host.cache.contains { $0.fileName == image.file.fileName }
            return imageFields.compactMap { $0.verdict(from: image, to: live, .none)?.field }.map(sentence)
                + (isCached ? [] : ["its file is missing from the cache"])
        case (_, .guest): return guest(name) == nil ? [] : ["it is still there"]
        case (_, .network): return network(name) == nil ? [] : ["it is still there"]
        case (_, .image): return image(name) == nil ? [] : ["it is still there"]
        case (_, .leftover(let leftover)):
            let isThere = host.leftovers.contains { $0.kind == leftover.kind && $0.subject == leftover.subject }
            return isThere ? ["it is still there"] : []
        default: return []
        }
    }

    /// What became of the object since the plan was made, as far as its definition and state tell.
    func sincePlan(of change: Change) -> [String] {
        let name = change.renamedFrom ?? change.address.name
        switch change.before {
        case .guest(let spec):
            guard let live = guest(name) else { return ["it is gone"] }
            let known = Set(change.causes)
            return fields(from: spec, to: live) + condition(of: live).filter { !known.contains($0) }
        case .network(let spec):
            guard let live = network(name) else { return ["it is gone"] }
            return networkFields.compactMap { $0.verdict(from: spec, to: live.definition.spec, .none)?.field }.map(
                sentence)
        case .image(let image):
            guard let live = self.image(name) else { return ["it is gone"] }
            return imageFields.compactMap { $0.verdict(from: image, to: live, .none)?.field }.map(sentence)
        case .leftover: return []
        case nil:
            let isThere =
                switch change.address.kind {
                case .guest: guest(name) != nil
                case .network: network(name) != nil
                case .image: image(name) != nil
                default: false
                }
            return isThere ? ["it exists by now"] : []
        }
    }

    /// How the guest's state differs from its own definition.
    private func condition(of live: LiveGuest) -> [String] {
        var clauses = driftCauses(of: live)
        if live.definition.spec.power == .running, !pendingRestart(of: live).isEmpty {
            clauses.append("it runs with an older definition")
        }
        return clauses
    }

    private func fields(from spec: GuestSpec, to live: LiveGuest) -> [String] {
        let actual = live.definition.spec
        let sensitive = Set(spec.secrets.keys).union(actual.secrets.keys).union(PlanSeal.markedPaths(of: spec))
        // A field that cannot be sealed was refused when the plan was saved; then it only differs.
        guard let sealed = try? seal.seal(actual, and: sensitive) else { return ["its secrets have changed"] }
        var differences = GuestDifference(from: spec, to: sealed, .none).verdicts.map(\.field)
        for index in differences.indices where PlanSeal.covers(differences[index].path, sensitive) {
            differences[index].before = Change.Field.concealed
            differences[index].after = Change.Field.concealed
        }
        let clauses = differences.map(sentence)
        return clauses.isEmpty && spec.secrets != sealed.secrets ? ["its secrets come from elsewhere"] : clauses
    }

    /// - Parameter field: from what the plan knows to what is there.
    private func sentence(_ field: Change.Field) -> String {
        switch (field.before, field.after) {
        case (Change.Field.concealed?, _), (_, Change.Field.concealed?): "\(field.path) has changed"
        case (nil, let after?): "\(field.path) is \(after), and was not set"
        case (let before?, nil): "\(field.path) is not set any more, and was \(before)"
        case (let before, let after): "\(field.path) is \(after ?? "not set"), and not \(before ?? "unset")"
        }
    }

    private func guest(_ name: Name) -> LiveGuest? {
        host.guests.first { $0.definition.owner == owner && $0.definition.name == name }
    }

    private func network(_ name: Name) -> LiveNetwork? {
        host.networks.first { $0.definition.owner == owner && $0.definition.name == name }
    }

    private func image(_ name: Name) -> ImageDefinition? { host.images.first { $0.owner == owner && $0.name == name } }
}
