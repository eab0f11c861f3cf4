import FleetModel

/// What a plan may do to its guests and in which order, by brute force: it knows the rules, and nothing of how Lodge
/// finds an order.
struct OrderingOracle {
    struct Guest {
        var host: Name
        /// Bytes and CPUs that its stop frees and its start takes; nil: there is no such step.
        var freed: (memory: Int64, cpus: Int)?
        var taken: (memory: Int64, cpus: Int)?
        /// Bytes and CPUs that it has more after a change while it runs, below zero where it has less; instead of
        /// stop and start. More is taken when the change begins, less is free when it has ended.
        var change: (memory: Int64, cpus: Int)?
        /// It is down now, though it is to run.
        var isDown = false
        /// Limits under which it counts while it is down.
        var limits: [String] = []
        /// Guests of one group are all down before one of them starts.
        var group: String?
        /// Its start is waited for by the stops of others of this set.
        var precedes: String?
        /// Its stop waits for new guests of this set.
        var succeeds: String?

        /// It starts, or changes while it runs.
        var goesUp: Bool { taken != nil || change != nil }
    }

    var guests: [Guest] = []
    var free: [Name: (memory: Int64, cpus: Int)] = [:]
    var allowed: [String: Int] = [:]

    /// True where some order keeps all limits: every order is tried.
    func hasOrder() -> Bool {
        var seen: Set<[Int]> = []
        return reaches(guests.map { $0.freed == nil ? 1 : 0 }, &seen)
    }

    /// - Parameter stages: 0 not stopped, 1 not started or not changed, 2 done.
    private func reaches(_ stages: [Int], _ seen: inout Set<[Int]>) -> Bool {
        guard seen.insert(stages).inserted else { return false }
        var isEnd = true
        for index in guests.indices {
            guard stages[index] == 0 || stages[index] == 1 && guests[index].goesUp else { continue }
            isEnd = false
            var next = stages
            next[index] += 1
            if mayHappen(index, from: stages, to: next), reaches(next, &seen) { return true }
        }
        return isEnd
    }

    private func mayHappen(_ index: Int, from stages: [Int], to next: [Int]) -> Bool {
        let guest = guests[index]
        if next[index] == 1 {
            if let set = guest.succeeds {
                for other in guests.indices where guests[other].precedes == set && stages[other] != 2 { return false }
            }
            return guest.isDown || guest.limits.allSatisfy { down(under: $0, next) <= allowed[$0]! }
        }
        if let group = guest.group {
            for other in guests.indices where guests[other].group == group && stages[other] == 0 { return false }
        }
        return shortage(of: guest, next) == nil
    }

    /// What the host has not enough of for a start or a change that begins.
    private func shortage(of guest: Guest, _ stages: [Int]) -> String? {
        let (memory, cpus) = taken(of: guest.host, stages)
        if guest.change.map({ $0.memory > 0 }) ?? true, memory > free[guest.host]!.memory { return "memory" }
        if guest.change.map({ $0.cpus > 0 }) ?? true, cpus > free[guest.host]!.cpus { return "CPUs" }
        return nil
    }

    func down(under limit: String, _ stages: [Int]) -> Int {
        guests.indices.count { index in
            guests[index].limits.contains(limit)
                && (guests[index].isDown ? stages[index] != 2 : stages[index] == 1)
        }
    }

    /// Beyond what is taken at the beginning.
    ///
    /// - Parameter stages: 3 is a change that goes on.
    func taken(of host: Name, _ stages: [Int]) -> (memory: Int64, cpus: Int) {
        var sum: (memory: Int64, cpus: Int) = (0, 0)
        for (guest, stage) in zip(guests, stages) where guest.host == host {
            if stage > 0, let freed = guest.freed { sum = (sum.memory - freed.memory, sum.cpus - freed.cpus) }
            if stage == 2, let taken = guest.taken ?? guest.change {
                sum = (sum.memory + taken.memory, sum.cpus + taken.cpus)
            }
            if stage == 3, let change = guest.change {
                sum = (sum.memory + max(0, change.memory), sum.cpus + max(0, change.cpus))
            }
        }
        return sum
    }

    /// The first limit that some allowed course of the plan's steps exceeds; nil: every course is safe.
    ///
    /// - Parameters:
    ///   - stops: Each guest's steps in the plan, as ids; `ready` is the last of its start, and `starts` has the
    ///     changes of those that change while they run.
    func violation(
        of plan: Plan, stops: [Int?], starts: [Int?], ready: [Int?]
    ) -> String? {
        // Only these steps count. Each one's bit, and the bits of those it needs, directly or not.
        let events = (stops + starts + ready).compactMap { $0 }
        let bits = Dictionary(Set(events).sorted().enumerated().map { ($1, 1 << $0) }, uniquingKeysWith: { a, _ in a })
        var before: [Int: Int] = [:]
        for step in plan.steps {
            before[step.id] = step.needs.reduce(0) { $0 | before[$1]! | (bits[$1] ?? 0) }
        }
        func has(_ step: Int?, _ ended: Int) -> Bool { step.flatMap { bits[$0] }.map { ended & $0 != 0 } ?? false }
        func mayRun(_ step: Int?, _ ended: Int) -> Bool {
            guard let step, !has(step, ended) else { return false }
            return before[step]! & ~ended == 0
        }

        var seen: Set<Int> = [0]
        var queue = [0]
        while let ended = queue.popLast() {
            var stages = guests.indices.map { guests[$0].freed == nil || has(stops[$0], ended) ? 1 : 0 }
            for index in guests.indices where has(starts[index], ended) || mayRun(starts[index], ended) {
                stages[index] = guests[index].change != nil && !has(starts[index], ended) ? 3 : 2
            }
            // Everything that may run runs: starts have taken, stops have not freed yet.
            for index in guests.indices where mayRun(starts[index], ended) {
                if let lacking = shortage(of: guests[index], stages) { return "\(lacking) of \(guests[index].host)" }
            }
            for (limit, allowed) in allowed {
                let members = guests.indices.filter { guests[$0].limits.contains(limit) }
                let stopping = members.filter { !guests[$0].isDown && mayRun(stops[$0], ended) }
                let down = members.count { index in
                    !has(ready[index], ended)
                        && (guests[index].isDown || has(stops[index], ended) || mayRun(stops[index], ended))
                }
                if !stopping.isEmpty, down > allowed { return "limit \(limit)" }
            }
            for (step, bit) in bits where mayRun(step, ended) {
                if seen.insert(ended | bit).inserted { queue.append(ended | bit) }
            }
        }
        return nil
    }
}
