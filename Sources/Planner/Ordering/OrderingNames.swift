import FleetModel

/// Says in words what an ordering problem's numbers stand for.
struct OrderingNames {
    private let hosts: [Name]
    private let guests: [[Name]]
    private let allocatable: [Load]

    init(_ difference: Difference, _ observed: ObservedFleet) {
        hosts = observed.hosts.map(\.name)
        guests = difference.guests.map { $0.map(\.name) }
        allocatable = observed.hosts.map { Load($0.allocatable) }
    }

    private func name(_ guest: Int, _ problem: OrderingProblem) -> String {
        "guest.\(guests[problem.guests[guest].host][problem.guests[guest].position])"
    }

    private func limit(_ number: Int, _ problem: OrderingProblem) -> String {
        problem.limits[number].set.map { "set \($0)" } ?? "the fleet's policy"
    }

    /// The limits that bind the guests: `host.a's memory and maxUnavailable of set web`.
    func scope(of members: [Int], in problem: OrderingProblem) -> String {
        let used = Set(members.map { problem.guests[$0].host }).sorted()
        let memory = used.filter(problem.bindsMemory).map { "host.\(hosts[$0])'s memory" }
        let cpus = used.filter(problem.bindsCPUs).map { "host.\(hosts[$0])'s CPUs" }
        let limits = Set(members.flatMap { problem.guests[$0].limits }).filter { problem.binds(limit: $0) }.sorted()
            .map { "maxUnavailable of \(limit($0, problem))" }
        return Self.list(memory + cpus + limits)
    }

    /// Up to five items in one sentence.
    private static func list(_ items: [String]) -> String {
        let shown = items.count > 5 ? items.prefix(4) + ["\(items.count - 4) more limits"] : items[...]
        guard let last = shown.last else { return "the limits" }
        return shown.count == 1 ? last : shown.dropLast().joined(separator: ", ") + " and " + last
    }

    /// What each guest that cannot go on waits for, with the figures; one line each.
    func deadlock(_ state: OrderingState, _ members: [Int]) -> String {
        let problem = state.problem
        var lines: [String] = []
        var shown: Set<String> = []
        for host in Set(members.map { problem.guests[$0].host }).sorted() {
            if problem.bindsMemory(host) {
                let taken = ByteCount(bytes: allocatable[host].memory - state.free[host].memory)
                lines.append(
                    "  host.\(hosts[host]): \(taken.rounded) of \(ByteCount(bytes: allocatable[host].memory).rounded) "
                        + "memory taken")
            }
            if problem.bindsCPUs(host) {
                let taken = allocatable[host].cpus - state.free[host].cpus
                lines.append("  host.\(hosts[host]): \(taken) of \(allocatable[host].cpus) CPUs taken")
            }
        }
        if lines.count > 8 { lines = Array(lines.prefix(8)) + ["  and more hosts"] }
        let waiting = members.filter { state.next($0) != nil }
        for member in waiting.prefix(10) {
            guard let event = state.next(member), let obstacle = state.obstacle(to: event) else { continue }
            let line = "  \(name(member, problem)) \(verb(event, state)): \(reason(obstacle, event, state, members))"
            if shown.insert(line).inserted { lines.append(line) }
        }
        if waiting.count > 10 { lines.append("  and \(waiting.count - 10) more guests") }
        return lines.joined(separator: "\n")
    }

    private func verb(_ event: OrderingEvent, _ state: OrderingState) -> String {
        switch event.phase {
        case .stop: "cannot be stopped"
        case .start, .ready: state.stage[event.guest] == 1 ? "is down and cannot be started" : "cannot be started"
        case .change: "cannot be changed"
        }
    }

    private func reason(
        _ obstacle: OrderingState.Obstacle, _ event: OrderingEvent, _ state: OrderingState, _ members: [Int]
    ) -> String {
        let problem = state.problem
        let guest = problem.guests[event.guest]
        let load = event.phase == .change ? guest.growth.growth : guest.taken
        switch obstacle {
        case .memory(let lacking):
            let free = ByteCount(bytes: max(0, load.memory - lacking))
            return "it needs \(ByteCount(bytes: load.memory).rounded), and \(free.rounded) are free"
        case .cpus(let lacking): return "it needs \(load.cpus) CPUs, and \(max(0, load.cpus - lacking)) are free"
        case .limit(let number):
            let bound = problem.limits[number]
            let down = members.filter { member in
                let other = problem.guests[member]
                return other.limits.contains(number)
                    && (state.stage[member] == 1
                        || state.stage[member] == 0 && other.startsDown)
            }
            let who = down.prefix(4).map { name($0, problem) }.joined(separator: ", ")
            return "maxUnavailable of \(limit(number, problem)) is \(bound.allowed)"
                + (down.isEmpty
                    ? "" : ", and \(who)\(down.count > 4 ? ", …" : "") \(down.count == 1 ? "is" : "are") down")
        case .group:
            return "what it shares with other guests changes, and not all of them are down"
        case .succession(let number): return "new guests of set \(problem.successions[number].set) are not ready"
        }
    }

    /// Why a set's old guests go before its new ones come.
    func yields(_ set: Name, _ succession: Int, at state: OrderingState, _ members: [Int]) -> String {
        let problem = state.problem
        var reason = ""
        for member in members where problem.guests[member].succession == succession {
            guard problem.guests[member].kind == .arrival, let event = state.next(member),
                let obstacle = state.obstacle(to: event)
            else { continue }
            let host = hosts[problem.guests[member].host]
            reason = ": \(name(member, problem)) on host.\(host): " + self.reason(obstacle, event, state, members)
            break
        }
        return
            "set \(set): its old guests are stopped before its new ones are ready, though update.order is createFirst"
            + reason
    }

    /// What would let the plan go on from where it ends.
    func waysOut(of state: OrderingState, _ members: [Int]) -> String {
        let problem = state.problem
        var ways: [String] = []
        // A limit, raised as little as helps.
        let limits = Set(members.flatMap { problem.guests[$0].limits }).filter { problem.binds(limit: $0) }.sorted()
        raising: for number in limits.prefix(4) {
            for more in 1...8 {
                var raised = problem
                raised.raise(limit: number, by: more)
                if case .order = raised.findOrder(of: members, stateLimit: 50_000) {
                    let field = problem.limits[number].set.map { "rollout.maxUnavailable of GuestSet \($0)" }
                    ways.append(
                        "raise \(field ?? "maxUnavailable of the fleet's policy") to "
                            + "\(problem.limits[number].allowed + more)")
                    break raising
                }
            }
        }
        // The least memory that is missing anywhere.
        let lacking = members.compactMap { member -> (lack: Int64, host: Int)? in
            guard let event = state.next(member), case .memory(let lack)? = state.obstacle(to: event) else {
                return nil
            }
            return (lack, problem.guests[member].host)
        }.min { $0.lack < $1.lack }
        if let lacking {
            ways.append(
                "free \(ByteCount(bytes: lacking.lack).roundedUp) of memory on host.\(hosts[lacking.host]) first, "
                    + "for instance with power: stopped on one of its guests")
        }
        ways.append("make these changes in two applies")
        return ways.joined(separator: ", or ")
    }
}

extension OrderingProblem {
    fileprivate mutating func raise(limit: Int, by more: Int) {
        let bound = limits[limit]
        limits[limit] = Limit(set: bound.set, allowed: bound.allowed + more, members: bound.members, down: bound.down)
    }
}
