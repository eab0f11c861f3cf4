import FleetModel

/// Steps, and which of them need which.
struct StepGraph {
    let steps: [Step]
    /// For each host the ids of its steps, ascending.
    private let ofHost: [[Int]]
    /// True where every host's states can be looked at with all hosts' steps in view.
    private let isSmall: Bool

    init(_ steps: [Step], hosts: [Name]) {
        self.steps = steps
        let index = Dictionary(uniqueKeysWithValues: hosts.enumerated().map { ($1, $0) })
        var ofHost: [[Int]] = hosts.map { _ in [] }
        for step in steps { if let host = index[step.host] { ofHost[host].append(step.id) } }
        self.ofHost = ofHost
        isSmall = steps.count * hosts.count < 50_000
    }

    /// The steps that the states of a host are told apart by, with their needs among them. Needs of other hosts'
    /// steps may be left out: that leaves more states than there are, never fewer.
    func graph(of host: Int) -> (ids: [Int], needs: [[Int]]) {
        let ids = isSmall ? Array(steps.indices) : ofHost[host]
        var position: [Int: Int] = [:]
        position.reserveCapacity(ids.count)
        for (index, id) in ids.enumerated() { position[id] = index }
        return (ids, ids.map { id in steps[id].needs.compactMap { position[$0] } })
    }

    /// True where a step that counts waits for another guest's.
    func isEntangled(host: Int, _ load: HostLoad) -> Bool {
        ofHost[host].contains { id in
            guard load.counts(id) else { return false }
            return steps[id].needs.contains { need in
                steps[need].address.kind == .guest
                    && (steps[need].address != steps[id].address || steps[need].host != steps[id].host)
            }
        }
    }

    /// True where every step of the host that may take more than there is needs that the processes that are left over
    /// are removed.
    func waitForLeftovers(host: Int) -> Bool {
        let removals = ofHost[host].filter { steps[$0].removesProcess }
        guard !removals.isEmpty else { return true }
        return ofHost[host].allSatisfy { id in
            switch steps[id].operation {
            case .startGuest, .changeGuest: Set(removals).isSubset(of: steps[id].needs)
            default: true
            }
        }
    }

    /// The steps that every one of the given ones needs, directly or not.
    func commonNeeds(of consumers: [Int]) -> Set<Int> {
        let isConsumer = Set(consumers)
        var follows = Array(repeating: false, count: steps.count)
        for step in steps { follows[step.id] = step.needs.contains { follows[$0] || isConsumer.contains($0) } }
        var common: Set<Int>?
        for first in consumers where !follows[first] {
            var needed: Set<Int> = []
            var queue = steps[first].needs
            while let next = queue.popLast() {
                if needed.insert(next).inserted { queue += steps[next].needs }
            }
            common = common?.intersection(needed) ?? needed
            if common?.isEmpty == true { break }
        }
        return common ?? []
    }

    /// True where no more guests can be down at once than the limit allows. Those that are down from the beginning
    /// may be more: then no other one goes down before enough of them are up.
    func keeps(_ limit: Int, of problem: OrderingProblem, _ hosts: [GuestSteps]) -> Bool {
        let bound = problem.limits[limit]
        guard bound.members > bound.allowed else { return true }
        var members = problem.guests.indices.filter { problem.guests[$0].limits.contains(limit) }
        func step(_ guest: Int, _ phase: OrderingEvent.Phase) -> Int? {
            let place = problem.guests[guest]
            return hosts[place.host].step(OrderingEvent(guest: guest, phase: phase), at: place.position)
        }
        if bound.down > bound.allowed {
            let stops = members.filter { !problem.guests[$0].startsDown }.compactMap { step($0, .stop) }
            guard !stops.isEmpty else { return true }
            let up = commonNeeds(of: stops)
            members.removeAll { problem.guests[$0].startsDown && step($0, .ready).map(up.contains) == true }
        }
        var memberOf: [Int: Int] = [:]
        for (index, guest) in members.enumerated() { if let ready = step(guest, .ready) { memberOf[ready] = index } }
        var followers: [[Int]] = members.map { _ in [] }
        for (index, guest) in members.enumerated() where !problem.guests[guest].startsDown {
            guard let stop = step(guest, .stop) else { return false }
            for need in steps[stop].needs {
                if let leader = memberOf[need] { followers[leader].append(index) }
            }
        }
        return chainsNeeded(followers) <= bound.allowed
    }
}

extension Step {
    /// It frees what a process takes that is left over.
    fileprivate var removesProcess: Bool {
        if case .removeLeftover(let leftover) = operation { leftover.process != nil } else { false }
    }
}
