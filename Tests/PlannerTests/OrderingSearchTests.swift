import FleetModel
import Planner
import SimulatedHost
import Synchronization
import Testing

/// Plans for thousands of small fleets, against trying every order and every course.
@Suite struct OrderingSearchTests {
    private struct Tally {
        var cases = 0
        var planned = 0
        var waiting = 0
        var impossible = 0
        var full = 0
        var yielding = 0
        var overcommitted = 0
        /// Plans in which a guest grows while it runs once another one has made room, and those in which what shrinks
        /// while it runs makes room.
        var growing = 0
        var shrinking = 0
    }
    private static let tally = Mutex(Tally())
    private static let rounds = 8
    private static let casesARound = 500

    @Test(arguments: 0..<rounds) func agreesWithTryingEverything(round: Int) throws {
        for number in 0..<Self.casesARound {
            let seed = UInt64(round * Self.casesARound + number)
            let example = try OrderingCase(seed: 77_000 + seed)
            let plan = makePlan(desired: example.desired, hosts: observe(example.hosts))
            try check(plan, of: example, seed: seed)
        }
        let tally = Self.tally.withLock { $0 }
        if tally.cases == Self.rounds * Self.casesARound {
            print("orders against an exhaustive search: \(tally)")
            #expect(tally.planned > 1_000 && tally.waiting > 500 && tally.impossible > 50 && tally.yielding > 10)
            #expect(tally.growing > 100 && tally.shrinking > 100)
        }
    }

    private func check(_ plan: Plan, of example: OrderingCase, seed: UInt64) throws {
        let codes = Set(plan.refusals.map(\.code))
        #expect(codes.isSubset(of: ["capacity-memory", "capacity-cpu", "order-impossible"]), "\(seed): \(codes)")
        let isFull = codes.contains("capacity-memory") || codes.contains("capacity-cpu")
        let yields = plan.notes.contains { $0.contains("createFirst") }
        let (strict, _, _, _) = example.oracle(for: plan, wishes: true)
        let (oracle, stops, starts, ready) = example.oracle(for: plan, wishes: !yields)
        if !isFull {
            #expect(codes.isEmpty == oracle.hasOrder(), "\(seed): \(plan.refusals)")
            if yields { #expect(!strict.hasOrder(), "\(seed): \(plan.notes)") }
        }
        if codes.isEmpty {
            let violation = oracle.violation(of: plan, stops: stops, starts: starts, ready: ready)
            #expect(violation == nil, "\(seed)")
        }
        let waits = plan.steps.flatMap { step in
            step.needs.map { plan.steps[$0] }.filter { $0.address.kind == .guest && $0.address != step.address }
                .map { (step: step, earlier: $0) }
        }
        Self.tally.withLock {
            $0.cases += 1
            $0.full += isFull ? 1 : 0
            $0.impossible += codes == ["order-impossible"] ? 1 : 0
            $0.planned += codes.isEmpty ? 1 : 0
            $0.waiting += codes.isEmpty && !waits.isEmpty ? 1 : 0
            $0.growing += waits.contains { $0.step.isChange && $0.step.memoryDelta > 0 } ? 1 : 0
            $0.shrinking += waits.contains { $0.earlier.isChange && $0.earlier.memoryDelta < 0 } ? 1 : 0
            $0.yielding += codes.isEmpty && yields ? 1 : 0
            $0.overcommitted += plan.capacity.contains { $0.before.memory > $0.allocatable.memory } ? 1 : 0
        }
    }
}

extension Step {
    fileprivate var isChange: Bool { if case .changeGuest = operation { true } else { false } }
}
