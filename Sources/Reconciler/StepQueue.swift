import FleetModel

/// Which steps may begin: those whose needs have all been met, whichever host they are on, in the plan's order.
struct StepQueue {
    private let steps: [Int: Step]
    private var waitingFor: [Int: Int] = [:]
    private var neededBy: [Int: [Int]] = [:]
    /// Ids of steps that may begin.
    private var ready = IntegerHeap()
    /// Sets of which a step has failed, with the guest that it was of.
    private var paused: [Name: ResourceAddress] = [:]

    init(_ steps: [Step]) {
        self.steps = Dictionary(uniqueKeysWithValues: steps.map { ($0.id, $0) })
        for step in steps {
            waitingFor[step.id] = step.needs.count
            for need in step.needs { neededBy[need, default: []].append(step.id) }
        }
        ready = IntegerHeap(steps.filter(\.needs.isEmpty).map(\.id))
    }

    /// Takes the earliest step that may begin. Stops of guests whose set is paused are dropped, and with them all
    /// that needs them.
    mutating func next() -> Step? {
        while let id = ready.popLeast() {
            if let step = steps[id], !isPaused(step) { return step }
        }
        return nil
    }

    mutating func succeeded(_ step: Step) {
        for id in neededBy[step.id] ?? [] {
            waitingFor[id]! -= 1
            if waitingFor[id] == 0 { ready.insert(id) }
        }
    }

    /// Where the plan says so, the other guests of the step's set are not stopped any more.
    mutating func failed(_ step: Step) {
        if let set = step.rollout, paused[set] == nil { paused[set] = step.address }
    }

    private func isPaused(_ step: Step) -> Bool {
        guard case .stopGuest = step.operation, let set = step.rollout, let culprit = paused[set] else { return false }
        return step.address != culprit
    }
}
