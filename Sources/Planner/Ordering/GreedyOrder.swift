/// Looks for an order by rules of thumb: what frees most goes first, and each guest, or group that is down together,
/// comes up again before the next goes down, as long as that is possible. What it finds is right; where it finds
/// nothing, there may be an order nevertheless.
struct GreedyOrder {
    private var state: OrderingState
    private var events: [OrderingEvent] = []
    /// Guests that go down together, or a single one, in the order in which they are tried.
    private var pending: [[Int]]
    /// How many more events may be looked at: about a second's worth.
    private var budget: Int

    /// - Parameter members: The guests to be ordered.
    /// - Returns: The events, or nil where none was found; and how far it came.
    static func find(_ problem: OrderingProblem, _ members: [Int]) -> (events: [OrderingEvent]?, end: OrderingState) {
        var search = GreedyOrder(problem, members)
        search.run()
        return (search.pending.isEmpty ? search.events : nil, search.state)
    }

    private init(_ problem: OrderingProblem, _ members: [Int]) {
        state = OrderingState(problem)
        budget = 5_000_000 + 200 * members.count
        pending = problem.units(of: members)
    }

    private mutating func run() {
        while !pending.isEmpty, budget > 0 {
            let count = pending.count
            pending = pending.filter { !passes($0) }
            if pending.count == count, !opens() { return }
        }
    }

    /// Takes the unit all the way, stops before starts, or leaves everything as it is.
    private mutating func passes(_ unit: [Int]) -> Bool {
        let mark = events.count
        for isStop in [true, false] {
            for member in unit {
                guard let event = state.next(member), (event.phase == .stop) == isStop else { continue }
                guard performs(event) else { return rollBack(to: mark) }
            }
        }
        return true
    }

    private mutating func performs(_ event: OrderingEvent) -> Bool {
        budget -= 1
        guard state.obstacle(to: event) == nil else { return false }
        state.perform(event)
        events.append(event)
        return true
    }

    private mutating func rollBack(to mark: Int) -> Bool {
        while events.count > mark { state.undo(events.removeLast()) }
        return false
    }

    /// Where no unit can go all the way, the first event that can happen happens: a start, or else a stop.
    private mutating func opens() -> Bool {
        for phase in [OrderingEvent.Phase.start, .stop] {
            for unit in pending {
                for member in unit {
                    if let event = state.next(member), event.phase == phase, performs(event) { return true }
                }
            }
        }
        return false
    }
}

extension OrderingProblem {
    /// The guests, those of a group together; what frees most of what is scarce first.
    func units(of members: [Int]) -> [[Int]] {
        var totals = free.map { _ in Load(memory: 1, cpus: 1) }
        var groups: [Int: [Int]] = [:]
        var units: [[Int]] = []
        for member in members {
            let guest = guests[member]
            totals[guest.host] += guest.freed + guest.taken
            if let group = guest.group { groups[group, default: []].append(member) } else { units.append([member]) }
        }
        func rank(_ unit: [Int]) -> Double {
            unit.reduce(0) { sum, member in
                let (guest, host) = (guests[member], guests[member].host)
                let memory = bindsMemory(host) ? Double(guest.growth.memory) / Double(totals[host].memory) : 0
                let cpus = bindsCPUs(host) ? Double(guest.growth.cpus) / Double(totals[host].cpus) : 0
                return sum + memory + cpus
            }
        }
        units += Array(groups.values)
        let ranked: [(unit: [Int], rank: Double)] = units.map { ($0, rank($0)) }
        let sorted = ranked.sorted { a, b in a.rank == b.rank ? a.unit[0] < b.unit[0] : a.rank < b.rank }
        return sorted.map(\.unit)
    }
}
