import FleetModel

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
