import FleetModel

/// What the finished steps take of each host at the worst moment, and proof that they keep the limits. Nothing here
/// relies on how the order was found: only the steps and what they need count.
struct Proof {
    var hosts: [HostCapacity]
    var remarks = Remarks()
}

/// Looks at every state that an apply can be in: any set of steps that has, with each step, all that it needs.
///
/// - Parameters:
///   - schedule: Its waits say who has what from whom; a claim that the steps do not bear out proves nothing.
///   - capacity: What is there before and after.
///   - isRefused: the plan must not be applied anyway; nothing is proved.
func prove(
    _ ordered: Ordered, by schedule: Schedule, for difference: Difference, of desired: DesiredFleet,
    on observed: ObservedFleet, _ capacity: CapacityCheck, isRefused: Bool
) -> Proof {
    var proof = Proof(hosts: capacity.hosts)
    let problem = OrderingProblem(difference, of: desired, on: observed)
    let steps = StepGraph(ordered.steps, hosts: observed.hosts.map(\.name))
    let claims = ordered.claims(of: schedule)
    var broken: [String] = []
    for index in observed.hosts.indices {
        let load = HostLoad(difference.guests[index], ordered.hosts[index], claims[index], steps, host: index)
        let grouped = !difference.groups[index].isEmpty
        let peak = load.peak(isLoose: !grouped && !steps.isEntangled(host: index, load))
        proof.hosts[index].peak.memory += ByteCount(bytes: peak.memory)
        proof.hosts[index].peak.cpus += Int(peak.cpus)

        guard !isRefused else { continue }
        let (free, name) = (problem.free[index], observed.hosts[index].name)
        if free.memory < 0 {
            if !load.fitsOnceFreed(-free.memory) { broken.append("host.\(name)'s memory") }
        } else if peak.memory > free.memory {
            broken.append("host.\(name)'s memory")
        }
        if peak.cpus > free.cpus { broken.append("host.\(name)'s CPUs") }
    }
    for limit in problem.limits.indices where !isRefused && !steps.keeps(limit, of: problem, ordered.hosts) {
        broken.append("maxUnavailable of \(problem.limits[limit].set.map { "set \($0)" } ?? "the fleet")")
    }
    if !broken.isEmpty {
        proof.remarks.refuse(
            "order-unproven", "the order of this plan's steps does not keep \(broken.joined(separator: ", "))",
            detail: "Lodge checks each plan apart from how it was made, and this one does not hold.",
            help: "this is an error in Lodge: please report it with the manifests and the output of lodge show; "
                + "fewer changes in one apply may be planned well")
    }
    return proof
}

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

/// What each step adds to one host.
struct HostLoad {
    /// By the step's id.
    private var weights: [Int: Load] = [:]
    private var starts: [Int] = []
    private var loose = Load()
    private var claims: [Claim]
    private let graph: StepGraph
    private let host: Int

    init(_ guests: [GuestTransition], _ ids: GuestSteps, _ claims: [Claim], _ graph: StepGraph, host: Int) {
        self.graph = graph
        self.host = host
        self.claims = claims
        for (position, guest) in guests.enumerated() {
            let (freed, taken) = (Load(guest.freed), Load(guest.taken))
            loose += (taken - freed).growth
            if let stop = ids.stops[position], let start = ids.starts[position] {
                self.claims.append(Claim(taker: start, giver: stop, load: freed))
            }
            if let stop = ids.stops[position] { add(Load() - freed, stop) }
            if let start = ids.starts[position] { add(taken, start) }
            if let change = ids.liveChanges[position], !guest.stops, !guest.starts {
                add(taken - freed, change)
            }
        }
    }

    private mutating func add(_ load: Load, _ step: Int) {
        weights[step] = load
        if load.memory > 0 { starts.append(step) }
    }

    func counts(_ step: Int) -> Bool { weights[step] != nil }

    /// The most that is added at any moment.
    ///
    /// - Parameter isLoose: no guest waits for another one.
    func peak(isLoose: Bool) -> Load {
        if isLoose { return loose }
        let (ids, needs) = graph.graph(of: host)
        return Load(memory: gain(ids, needs) { $0.memory }, cpus: gain(ids, needs) { $0.cpus })
    }

    private func gain(
        _ ids: [Int], _ needs: [[Int]], without paid: Set<Int> = [], _ amount: (Load) -> Int64
    ) -> Int64 {
        var position: [Int: Int] = [:]
        for (index, id) in ids.enumerated() where weights[id] != nil { position[id] = index }
        return largestGain(
            ids.map { paid.contains($0) ? 0 : weights[$0].map(amount) ?? 0 }, needs: needs,
            hints: claims.compactMap { claim in
                guard let from = position[claim.taker], let to = position[claim.giver] else { return nil }
                return (from, to, amount(claim.load))
            })
    }

    /// True where, on a host with more taken than may be, nothing grows before enough was freed, and never too much.
    func fitsOnceFreed(_ excess: Int64) -> Bool {
        guard !starts.isEmpty else { return true }
        // Every state with a start in it has all these in it.
        let freed = graph.commonNeeds(of: starts).filter { (weights[$0]?.memory ?? 0) < 0 }
        let sum = freed.reduce(Int64(0)) { $0 - (weights[$1]?.memory ?? 0) }
        let (ids, needs) = graph.graph(of: host)
        return gain(ids, needs, without: freed) { $0.memory } - sum <= -excess
    }
}

/// A step takes what another one has given back.
struct Claim {
    let taker: Int
    let giver: Int
    let load: Load
}

extension Ordered {
    /// For each host.
    fileprivate func claims(of schedule: Schedule) -> [[Claim]] {
        var claims: [[Claim]] = hosts.map { _ in [] }
        for wait in schedule.waits where wait.load != Load() {
            let (taker, giver) = (schedule.problem.guests[wait.event.guest], schedule.problem.guests[wait.after.guest])
            guard let to = hosts[taker.host].step(wait.event, at: taker.position),
                let from = hosts[giver.host].step(wait.after, at: giver.position)
            else { continue }
            claims[taker.host].append(Claim(taker: to, giver: from, load: wait.load))
        }
        return claims
    }
}
