/// Something that happens to a guest of an ordering problem.
struct OrderingEvent: Hashable {
    enum Phase: Hashable {
        /// Its stop; what it had is free once this has ended.
        case stop
        /// Its start; what it needs is taken once this has begun.
        case start
        /// It is up again; only ever waited for.
        case ready
        /// Its change while it runs.
        case change
    }

    let guest: Int
    let phase: Phase
}

/// How far the guests have come, and what is left of the limits. A start counts as ready at once: between the two
/// only waiting happens.
struct OrderingState {
    /// Why something may not happen now.
    enum Obstacle: Hashable {
        case memory(lacking: Int64)
        case cpus(lacking: Int64)
        case limit(Int)
        case group
        case succession(Int)
    }

    let problem: OrderingProblem
    private(set) var free: [Load]
    /// For each limit.
    private(set) var down: [Int]
    /// For each guest: 0 as it was, 1 stopped and to be started, 2 done.
    private(set) var stage: [UInt8]
    /// For each group the guests that still have to be stopped.
    private var standing: [Int]
    /// For each succession the guests that still have to become ready.
    private var awaited: [Int]

    init(_ problem: OrderingProblem) {
        self.problem = problem
        free = problem.free
        down = problem.limits.map(\.down)
        stage = Array(repeating: 0, count: problem.guests.count)
        standing = Array(repeating: 0, count: problem.groups)
        awaited = problem.successions.map(\.arrivals)
        for guest in problem.guests where guest.kind == .restart || guest.kind == .departure {
            if let group = guest.group { standing[group] += 1 }
        }
    }

    /// What happens to the guest next; nil: it is done.
    func next(_ guest: Int) -> OrderingEvent? {
        switch (problem.guests[guest].kind, stage[guest]) {
        case (_, 2): nil
        case (.restart, 1), (.arrival, _): OrderingEvent(guest: guest, phase: .start)
        case (.restart, _), (.departure, _): OrderingEvent(guest: guest, phase: .stop)
        case (.change, _): OrderingEvent(guest: guest, phase: .change)
        }
    }

    /// Why the event may not happen now; nil: it may.
    func obstacle(to event: OrderingEvent) -> Obstacle? {
        let guest = problem.guests[event.guest]
        switch event.phase {
        case .stop:
            if !guest.startsDown {
                for limit in guest.limits where down[limit] >= problem.limits[limit].allowed { return .limit(limit) }
            }
            if let succession = guest.succession, awaited[succession] > 0 { return .succession(succession) }
            return nil
        case .start, .ready:
            if let group = guest.group, standing[group] > 0 { return .group }
            return shortage(of: guest.taken, on: guest.host)
        case .change: return shortage(of: guest.growth.growth, on: guest.host)
        }
    }

    private func shortage(of load: Load, on host: Int) -> Obstacle? {
        if load.memory > 0, load.memory > free[host].memory {
            return .memory(lacking: load.memory - free[host].memory)
        }
        if load.cpus > 0, load.cpus > free[host].cpus { return .cpus(lacking: load.cpus - free[host].cpus) }
        return nil
    }

    mutating func perform(_ event: OrderingEvent) { apply(event, 1) }
    mutating func undo(_ event: OrderingEvent) { apply(event, -1) }

    private mutating func apply(_ event: OrderingEvent, _ sign: Int) {
        let guest = problem.guests[event.guest]
        func load(_ load: Load) -> Load { Load(memory: load.memory * Int64(sign), cpus: load.cpus * Int64(sign)) }
        switch event.phase {
        case .stop:
            free[guest.host] += load(guest.freed)
            if !guest.startsDown { for limit in guest.limits { down[limit] += sign } }
            if let group = guest.group { standing[group] -= sign }
            stage[event.guest] = sign < 0 ? 0 : guest.kind == .departure ? 2 : 1
        case .start, .ready:
            free[guest.host] -= load(guest.taken)
            for limit in guest.limits { down[limit] -= sign }
            if guest.kind == .arrival, let succession = guest.succession { awaited[succession] -= sign }
            stage[event.guest] = sign > 0 ? 2 : guest.kind == .restart ? 1 : 0
        case .change:
            free[guest.host] -= load(guest.growth)
            stage[event.guest] = sign > 0 ? 2 : 0
        }
    }
}
