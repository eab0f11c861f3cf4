/// Tries every order of the events, so that finding none means that there is none.
///
/// Guests that are alike in all that matters are told apart by nothing: a state of the search is how many of each
/// kind are stopped and how many are done. Each state is visited once.
struct ExhaustiveOrder {
    /// How many states may be visited: as many as 14 guests that all restart and all differ can have (3^14).
    static let stateLimit = 5_000_000

    private let members: [Int]
    /// For each member the number of its kind.
    private let kinds: [Int]
    /// For each kind what one member of it stopped, and one done, adds to the number of a state.
    private let weights: [(stopped: Int, done: Int)]
    private var state: OrderingState
    private var events: [OrderingEvent] = []
    private var visited: [UInt64]
    private(set) var tried = 0
    /// The state in which the most had happened when nothing more could happen.
    private(set) var furthest: (events: Int, state: OrderingState)

    /// Nil: there may be more states than `stateLimit`.
    init?(_ problem: OrderingProblem, _ members: [Int], stateLimit: Int = Self.stateLimit) {
        guard members.count <= 500 else { return nil }
        var numbers: [OrderingProblem.Guest.Traits: Int] = [:]
        var counts: [(count: Int, phases: Int)] = []
        kinds = members.map { member in
            let guest = problem.guests[member]
            let kind = numbers[guest.traits] ?? counts.count
            if kind == counts.count {
                numbers[guest.traits] = kind
                counts.append((0, guest.kind == .restart ? 2 : 1))
            }
            counts[kind].count += 1
            return kind
        }
        // Numbers of states are products of counts, a little more than there are states.
        var size = 1
        var states = 1.0
        var weights: [(stopped: Int, done: Int)] = []
        for (count, phases) in counts {
            let choices = phases == 2 ? (count + 1) * (count + 1) : count + 1
            weights.append(phases == 2 ? (size, size * (count + 1)) : (size, size))
            states *= phases == 2 ? Double((count + 1) * (count + 2) / 2) : Double(count + 1)
            guard states <= Double(stateLimit), weights.count <= 32, size <= (1 << 28) / choices else { return nil }
            size *= choices
        }
        self.weights = weights
        self.members = members
        state = OrderingState(problem)
        furthest = (0, state)
        visited = Array(repeating: 0, count: size / 64 + 1)
    }

    /// The events in an order in which each may happen; nil: there is none.
    mutating func find() -> [OrderingEvent]? { reachesEnd(from: 0) ? events : nil }

    private mutating func reachesEnd(from number: Int) -> Bool {
        guard visited[number >> 6] & 1 << UInt64(number & 63) == 0 else { return false }
        visited[number >> 6] |= 1 << UInt64(number & 63)
        tried += 1
        var isEnd = true
        var open: [(member: Int, event: OrderingEvent)] = []
        var seen: UInt64 = 0
        for (index, member) in members.enumerated() {
            guard let event = state.next(member) else { continue }
            isEnd = false
            // One of those that are alike stands for all of them.
            let bit: UInt64 = 1 << UInt64(kinds[index] * 2 + (event.phase == .start ? 1 : 0))
            guard seen & bit == 0 else { continue }
            seen |= bit
            guard state.obstacle(to: event) == nil else { continue }
            if state.problem.guests[member].kind == .departure {
                // It only frees: what can be done without it can be done after it.
                open = [(index, event)]
                break
            }
            open.append((index, event))
        }
        if isEnd { return true }
        if open.isEmpty, events.count >= furthest.events { furthest = (events.count, state) }
        // What is down comes up again first.
        for (index, event) in open.filter({ $0.event.phase != .stop }) + open.filter({ $0.event.phase == .stop }) {
            state.perform(event)
            events.append(event)
            let weight = weights[kinds[index]]
            let isRestarted = event.phase == .start && state.problem.guests[event.guest].kind == .restart
            if reachesEnd(from: number + (isRestarted ? weight.done : weight.stopped)) { return true }
            state.undo(events.removeLast())
        }
        return false
    }
}

extension OrderingProblem.Guest {
    /// All that matters for an order.
    struct Traits: Hashable {
        let kind: Kind
        let host: Int
        let freed, taken: Load
        let limits: [Int]
        let startsDown: Bool
        let group, succession: Int?
    }

    var traits: Traits {
        Traits(
            kind: kind, host: host, freed: freed, taken: taken, limits: limits, startsDown: startsDown, group: group,
            succession: succession)
    }
}
