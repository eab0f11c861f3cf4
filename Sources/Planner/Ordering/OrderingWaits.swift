/// An event that does not begin before another one has ended well.
struct OrderingWait: Hashable {
    let event: OrderingEvent
    let after: OrderingEvent
    /// What it takes of what the other one gave back: how the wait proves itself.
    var load = Load()
}

/// Turns one order of events into as few waits as keep the limits in every order that the waits allow: each byte,
/// processor and place passes from hand to hand, and only from whom it is taken is waited for.
///
/// - Parameter events: An order in which each event may happen when those before it have.
func waits(keeping problem: OrderingProblem, in events: [OrderingEvent]) -> [OrderingWait] {
    var waits: [OrderingWait] = []
    var memory: [Int: TokenPool] = [:]
    var cpus: [Int: TokenPool] = [:]
    var places: [Int: TokenPool] = [:]
    var successions: [Int: TokenPool] = [:]
    var onHost: [Int: Int] = [:]
    for event in events { onHost[problem.guests[event.guest].host, default: 0] += 1 }

    for event in events {
        let guest = problem.guests[event.guest]
        let ready = OrderingEvent(guest: event.guest, phase: .ready)
        var givers: [OrderingEvent: Load] = [:]
        func wait(for tokens: [(giver: OrderingEvent, amount: Int64)], _ load: (Int64) -> Load) {
            for (giver, amount) in tokens { givers[giver, default: Load()] += load(amount) }
        }

        // A guest that is down counts until it is ready.
        if !guest.startsDown || event.phase == .start {
            for limit in guest.limits where problem.binds(limit: limit) {
                let bound = problem.limits[limit]
                var pool =
                    places.removeValue(forKey: limit)
                    ?? TokenPool(Int64(bound.allowed - bound.down), takers: bound.members)
                if event.phase == .stop {
                    wait(for: pool.take(1, by: event)) { _ in Load() }
                } else {
                    pool.give(1, by: ready)
                }
                places[limit] = pool
            }
        }
        if let number = guest.succession {
            let succession = problem.successions[number]
            var pool =
                successions.removeValue(forKey: number)
                ?? TokenPool(-Int64(succession.arrivals), takers: succession.successors)
            if guest.kind == .arrival { pool.give(1, by: ready) }
            if event.phase == .stop { wait(for: pool.take(0, by: event)) { _ in Load() } }
            successions[number] = pool
        }

        let sizes = (problem.free[guest.host], event.change(of: guest))
        func exchange(
            _ pools: inout [Int: TokenPool], _ amount: (Load) -> Int64, binds: Bool, as load: (Int64) -> Load
        ) {
            guard binds else { return }
            var pool =
                pools.removeValue(forKey: guest.host) ?? TokenPool(amount(sizes.0), takers: onHost[guest.host] ?? 0)
            let (freed, taken) = (amount(sizes.1.freed), amount(sizes.1.taken))
            if taken > 0 { wait(for: pool.take(taken, by: event), load) }
            if freed > 0 {
                pool.give(freed, by: event, reserving: guest.kind == .restart ? amount(guest.taken) : 0)
            }
            pools[guest.host] = pool
        }
        exchange(&memory, { $0.memory }, binds: problem.bindsMemory(guest.host), as: { Load(memory: $0) })
        exchange(&cpus, { $0.cpus }, binds: problem.bindsCPUs(guest.host), as: { Load(cpus: $0) })

        for (giver, load) in givers where giver.guest != event.guest {
            waits.append(OrderingWait(event: event, after: giver, load: load))
        }
    }
    return waits
}

extension OrderingEvent {
    /// What is free once it has ended, and what is taken once it has begun.
    fileprivate func change(of guest: OrderingProblem.Guest) -> (freed: Load, taken: Load) {
        switch phase {
        case .stop: (guest.freed, Load())
        case .start, .ready: (Load(), guest.taken)
        case .change: ((guest.freed - guest.taken).growth, guest.growth.growth)
        }
    }
}
