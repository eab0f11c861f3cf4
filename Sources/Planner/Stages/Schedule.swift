import FleetModel

/// Which events wait for which, so that every limit is kept at every moment.
struct Schedule {
    var problem: OrderingProblem
    var waits: [OrderingWait] = []
    var remarks = Remarks()
}

/// Finds the waits that keep every host within its memory and processors, and every limit on the guests that are down
/// at once, whichever order the apply chooses among what the waits leave open. See `docs/ordering.md`.
///
/// - Parameter full: Hosts that cannot hold what is asked for in the end; they have been refused already.
func schedule(
    _ difference: Difference, of desired: DesiredFleet, on observed: ObservedFleet, full: Set<Int>
) -> Schedule {
    var problem = OrderingProblem(difference, of: desired, on: observed)
    problem.liftSlackLimits(full: full)
    var schedule = Schedule(problem: problem)
    let names = OrderingNames(difference, observed)
    for members in problem.conflicts { schedule.settle(members, names) }
    return schedule
}

/// What looking for an order gave.
enum OrderingOutcome {
    case order([OrderingEvent])
    /// Every order was tried.
    case impossible(furthest: OrderingState, tried: Int)
    /// There are too many orders to try all.
    case notFound(furthest: OrderingState)
}

extension OrderingProblem {
    /// - Parameter stateLimit: the search is exact up to this many states.
    func findOrder(of members: [Int], stateLimit: Int = ExhaustiveOrder.stateLimit) -> OrderingOutcome {
        let greedy = GreedyOrder.find(self, members)
        if let events = greedy.events { return .order(events) }
        guard var search = ExhaustiveOrder(self, members, stateLimit: stateLimit) else {
            return .notFound(furthest: greedy.end)
        }
        if let events = search.find() { return .order(events) }
        return .impossible(furthest: search.furthest.state, tried: search.tried)
    }
}

extension Schedule {
    /// Orders guests that depend on each other.
    fileprivate mutating func settle(_ members: [Int], _ names: OrderingNames) {
        while true {
            let end: OrderingState
            switch problem.findOrder(of: members) {
            case .order(let events):
                waits += Planner.waits(keeping: problem, in: events)
                return
            case .impossible(let furthest, _), .notFound(let furthest): end = furthest
            }
            // Making the new before the old goes is a wish: where it cannot be, it yields, one set after the other.
            let wishes = Set(members.compactMap { problem.guests[$0].succession }).sorted()
            guard !wishes.isEmpty else { break }
            let blocked = wishes.filter { wish in
                members.contains { end.next($0).flatMap(end.obstacle(to:)) == .succession(wish) }
            }
            let yielding = blocked.first ?? wishes[0]
            remarks.notes.append(names.yields(problem.successions[yielding].set, yielding, at: end, members))
            problem.drop(succession: yielding)
        }
        refuse(members, names)
    }

    private mutating func refuse(_ members: [Int], _ names: OrderingNames) {
        let (state, tried): (OrderingState, Int?)
        switch problem.findOrder(of: members) {
        case .order: return
        case .impossible(let furthest, let count): (state, tried) = (furthest, count)
        case .notFound(let furthest): (state, tried) = (furthest, nil)
        }
        let scope = names.scope(of: members, in: problem)
        let ways = names.waysOut(of: state, members)
        if let tried {
            remarks.refuse(
                "order-impossible", "there is no order of steps that keeps \(scope)",
                detail: "All orders were tried (\(tried) states). The furthest one ends here:\n"
                    + names.deadlock(state, members), help: ways)
        } else {
            remarks.refuse(
                "order-not-found", "no order of steps was found that keeps \(scope)",
                detail: "There may be one: \(members.count) guests depend on each other, too many to try all orders. "
                    + "The search ends here:\n" + names.deadlock(state, members), help: ways)
        }
    }
}
