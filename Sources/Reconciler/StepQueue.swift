import FleetModel

/// Which steps may begin: those whose needs have all been met, in the plan's order.
struct StepQueue {
    private let steps: [Int: Step]
    private var waitingFor: [Int: Int] = [:]
    private var neededBy: [Int: [Int]] = [:]
    /// Ids of steps that may begin, ascending.
    private var ready: [Int] = []

    init(_ steps: [Step]) {
        self.steps = Dictionary(uniqueKeysWithValues: steps.map { ($0.id, $0) })
        for step in steps {
            waitingFor[step.id] = step.needs.count
            for need in step.needs { neededBy[need, default: []].append(step.id) }
        }
        ready = steps.filter(\.needs.isEmpty).map(\.id).sorted(by: >)
    }

    /// Takes the earliest step that may begin.
    mutating func next() -> Step? { ready.popLast().flatMap { steps[$0] } }

    mutating func succeeded(_ step: Step) {
        var freed: [Int] = []
        for id in neededBy[step.id] ?? [] {
            waitingFor[id]! -= 1
            if waitingFor[id] == 0 { freed.append(id) }
        }
        guard !freed.isEmpty else { return }
        ready = (ready + freed).sorted(by: >)
    }
}
