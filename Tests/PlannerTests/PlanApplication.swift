import FleetModel
import Planner
import SimulatedHost
import Testing

typealias Hosts = [Name: SimulatedState]

func observe(_ hosts: Hosts) -> [Name: HostObservation] { hosts.mapValues { .observed($0.observe()) } }

/// Every step in an order that the needs allow, chosen at random.
func linearExtension(of plan: Plan, using random: inout SeededGenerator) -> [Step] {
    var waiting = plan.steps.map(\.needs.count)
    var dependents: [[Int]] = Array(repeating: [], count: plan.steps.count)
    for step in plan.steps { for need in step.needs { dependents[need].append(step.id) } }
    var ready = plan.steps.indices.filter { waiting[$0] == 0 }
    var order: [Step] = []
    while !ready.isEmpty {
        let next = ready.remove(at: Int.random(in: 0..<ready.count, using: &random))
        order.append(plan.steps[next])
        for dependent in dependents[next] {
            waiting[dependent] -= 1
            if waiting[dependent] == 0 { ready.append(dependent) }
        }
    }
    return order
}

/// Performs the steps, checking what the plan promised of each host after each one.
func perform(_ steps: [Step], of plan: Plan, on hosts: inout Hosts) throws {
    for step in steps {
        try hosts[step.host]!.perform(step.operation)
        let live = hosts[step.host]!.live
        let promised = plan.capacity.first { $0.host == step.host }!
        let taken = observedCapacity(of: live, name: step.host).after
        #expect(taken.memory <= promised.peak.memory, "\(step.verb) \(step.address)")
        #expect(taken.cpus <= promised.peak.cpus, "\(step.verb) \(step.address)")
        #expect(taken.memory <= max(promised.allocatable.memory, promised.before.memory))
    }
}

/// The most memory that any downward closed set of a host's steps takes: tried one by one, up to 14 that count.
func worstMemory(of plan: Plan, host: Name, before: ByteCount) -> ByteCount? {
    let heavy = plan.steps.filter { $0.host == host && $0.memoryDelta != 0 }
    guard heavy.count <= 14 else { return nil }
    let bit = Dictionary(uniqueKeysWithValues: heavy.enumerated().map { ($1.id, 1 << $0) })
    var closures: [Int: Int] = [:]
    for step in plan.steps {
        closures[step.id] = step.needs.reduce(bit[step.id] ?? 0) { $0 | (closures[$1] ?? 0) }
    }
    var worst: Int64 = 0
    for subset in 0..<(1 << heavy.count) {
        let members = heavy.indices.filter { subset & 1 << $0 != 0 }
        guard members.allSatisfy({ closures[heavy[$0].id]! & ~subset == 0 }) else { continue }
        worst = max(worst, members.reduce(0) { $0 + heavy[$1].memoryDelta })
    }
    return before + ByteCount(bytes: worst)
}
