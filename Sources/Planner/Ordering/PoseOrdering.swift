import FleetModel

extension OrderingProblem {
    /// What the differences ask of an order.
    ///
    /// A guest counts as down, under its set's limit and the fleet's, from the beginning of its stop until it is
    /// ready, if it is to run now and is to run afterwards. One that is found down counts from the beginning. Guests
    /// that are new, that go, or that are switched on or off count under no limit: their being down is asked for.
    init(_ difference: Difference, of desired: DesiredFleet, on observed: ObservedFleet) {
        let sets = Dictionary(desired.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var limitOf: [Name: Int] = [:]
        var successionOf: [Name: Int] = [:]
        let fleetLimit = desired.policy.maxUnavailable.map { allowed in
            limits.append(Limit(set: nil, allowed: allowed))
            return limits.count - 1
        }
        func limit(of set: DesiredGuestSet, _ limits: inout [Limit]) -> Int {
            if let known = limitOf[set.name] { return known }
            limits.append(Limit(set: set.name, allowed: set.maxUnavailable))
            limitOf[set.name] = limits.count - 1
            return limits.count - 1
        }

        for (index, host) in observed.hosts.enumerated() {
            // Nothing grows before the processes that are left over are gone.
            let before = Load(host.taken) - Load(difference.leftovers[index].taken)
            let allocatable = Load(host.allocatable)
            free.append(
                Load(memory: allocatable.memory - before.memory, cpus: max(0, allocatable.cpus - before.cpus)))
            var groupOf: [Int: Int] = [:]
            for group in difference.groups[index] {
                for member in group.members { groupOf[member] = groups }
                groups += 1
            }
            for (position, transition) in difference.guests[index].enumerated() {
                guard let kind = transition.orderingKind else { continue }
                var guest = Guest(
                    kind: kind, host: index, position: position, freed: Load(transition.freed),
                    taken: Load(transition.taken), group: groupOf[position])
                let set = transition.setName(among: sets).flatMap { sets[$0] }
                if transition.isToStayUp {
                    guest.startsDown = transition.live?.state != .running
                    guest.limits = [fleetLimit, set.map { limit(of: $0, &limits) }].compactMap { $0 }
                    for limit in guest.limits {
                        limits[limit].members += 1
                        if guest.startsDown { limits[limit].down += 1 }
                    }
                }
                if let set, kind != .change, transition.live != nil || transition.createsFirst {
                    let number = successionOf[set.name] ?? successions.count
                    if number == successions.count {
                        successionOf[set.name] = number
                        successions.append(Succession(set: set.name))
                    }
                    if transition.live == nil { successions[number].arrivals += 1 }
                    if transition.stops { successions[number].successors += 1 }
                    if transition.live == nil || transition.stops { guest.succession = number }
                }
                guests.append(guest)
            }
        }
        for number in successions.indices where !successions[number].isNeeded { drop(succession: number) }
    }

    /// The set's old guests do not wait for its new ones any more.
    mutating func drop(succession: Int) {
        for index in guests.indices where guests[index].succession == succession { guests[index].succession = nil }
    }
}

extension GuestTransition {
    fileprivate var orderingKind: OrderingProblem.Guest.Kind? {
        if stops { return starts ? .restart : .departure }
        if starts { return .arrival }
        return freed == taken ? nil : .change
    }

    /// The set that the guest is of; one that goes is told by its name.
    func setName(among sets: [Name: DesiredGuestSet]) -> Name? {
        if let resolved { return resolved.desired.set }
        guard !sets.isEmpty, let dash = name.text.lastIndex(of: "-") else { return nil }
        let index = name.text[name.text.index(after: dash)...]
        guard !index.isEmpty, index.allSatisfy(\.isNumber), let set = Name(parsing: String(name.text[..<dash])) else {
            return nil
        }
        return sets[set] == nil ? nil : set
    }

    /// It is to run now, and is to run afterwards.
    fileprivate var isToStayUp: Bool {
        guard let live, let resolved, stops || starts else { return false }
        return resolved.spec.power == .running && (live.state == .running || live.definition.spec.power == .running)
    }

    fileprivate var createsFirst: Bool { resolved?.desired.update.order == .createFirst }
}
