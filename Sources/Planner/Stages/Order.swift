import FleetModel

/// The changes of a plan and its steps.
struct Ordered {
    var changes: [Change] = []
    var steps: [Step] = []
    /// For each host, the ids of its guests' steps by the guests' positions.
    var hosts: [GuestSteps] = []
}

/// The ids of the steps that matter to an order, by their guest's position.
struct GuestSteps {
    var stops: [Int: Int]
    var starts: [Int: Int]
    /// The steps after which a guest is up again.
    var arrivals: [Int: Int]
    var liveChanges: [Int: Int]

    func step(_ event: OrderingEvent, at position: Int) -> Int? {
        switch event.phase {
        case .stop: stops[position]
        case .start: starts[position]
        case .ready: arrivals[position]
        case .change: liveChanges[position]
        }
    }
}

/// Turns every transition into steps, each after those that it needs. Steps of one host need each other by what they
/// are about, and those of any host by the schedule.
func order(
    _ difference: Difference, by schedule: Schedule, of desired: DesiredFleet, on observed: ObservedFleet
) -> Ordered {
    var ordered = Ordered()
    let sets = Dictionary(desired.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for (index, host) in observed.hosts.enumerated() {
        var steps = HostSteps(
            host: host, difference: difference, index: index, sets: sets, firstID: ordered.steps.count)
        steps.build()
        ordered.steps += steps.steps
        ordered.hosts.append(
            GuestSteps(
                stops: steps.stops, starts: steps.starts, arrivals: steps.arrivals, liveChanges: steps.liveChanges))
        ordered.changes += difference.networks[index].map(\.change)
        ordered.changes += difference.images[index].map(\.change)
        ordered.changes += difference.guests[index].map(\.change)
        ordered.changes += difference.leftovers[index].map { Change(removing: $0, from: host.name) }
    }
    ordered.add(schedule)
    let order = ordered.changes.indices.sorted { a, b in
        let (a, b) = (ordered.changes[a], ordered.changes[b])
        return a.address == b.address ? a.host < b.host : a.address < b.address
    }
    ordered.changes = order.map { ordered.changes[$0] }
    return ordered
}

extension Ordered {
    /// Makes steps wait as the schedule says, and numbers all anew so that each needs only earlier ones.
    fileprivate mutating func add(_ schedule: Schedule) {
        guard !schedule.waits.isEmpty else { return }
        var added: [Int: [Int]] = [:]
        for wait in schedule.waits {
            guard let step = id(of: wait.event, schedule), let need = id(of: wait.after, schedule) else { continue }
            added[step, default: []].append(need)
        }
        let plain = steps
        for (step, needs) in added { steps[step].needs = Set(steps[step].needs + needs).sorted() }
        // Waits that contradict what the steps are about would end nowhere: without them the plan is not proved.
        if !renumber() { steps = plain }
    }

    private func id(of event: OrderingEvent, _ schedule: Schedule) -> Int? {
        let guest = schedule.problem.guests[event.guest]
        return hosts[guest.host].step(event, at: guest.position)
    }

    /// The order stays as it is wherever the needs allow it.
    ///
    /// - Returns: false where steps need each other; then nothing has changed.
    private mutating func renumber() -> Bool {
        var waiting = steps.map(\.needs.count)
        var dependents: [[Int]] = Array(repeating: [], count: steps.count)
        for step in steps { for need in step.needs { dependents[need].append(step.id) } }
        var ready = IntegerHeap(steps.indices.filter { waiting[$0] == 0 })
        var order: [Int] = []
        order.reserveCapacity(steps.count)
        while let next = ready.popLeast() {
            order.append(next)
            for dependent in dependents[next] {
                waiting[dependent] -= 1
                if waiting[dependent] == 0 { ready.insert(dependent) }
            }
        }
        guard order.count == steps.count else { return false }
        var number = Array(repeating: 0, count: steps.count)
        for (position, old) in order.enumerated() { number[old] = position }
        steps = order.map { old in
            var step = steps[old]
            step.id = number[old]
            step.needs = step.needs.map { number[$0] }.sorted()
            return step
        }
        for host in hosts.indices {
            hosts[host] = GuestSteps(
                stops: hosts[host].stops.mapValues { number[$0] }, starts: hosts[host].starts.mapValues { number[$0] },
                arrivals: hosts[host].arrivals.mapValues { number[$0] },
                liveChanges: hosts[host].liveChanges.mapValues { number[$0] })
        }
        return true
    }
}
