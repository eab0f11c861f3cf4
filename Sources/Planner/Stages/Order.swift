import FleetModel

/// The changes of a plan and its steps.
struct Ordered {
    var changes: [Change] = []
    var steps: [Step] = []
}

/// Turns every transition into steps, each after those that it needs. Steps of different hosts never need each other.
func order(
    _ difference: Difference, schedules: [CapacitySchedule], on observed: ObservedFleet
) -> Ordered {
    var ordered = Ordered()
    for (index, host) in observed.hosts.enumerated() {
        var steps = HostSteps(
            host: host, difference: difference, index: index, schedule: schedules[index],
            firstID: ordered.steps.count)
        steps.build()
        ordered.steps += steps.steps
        ordered.changes += difference.networks[index].map(\.change)
        ordered.changes += difference.images[index].map(\.change)
        ordered.changes += difference.guests[index].map(\.change)
        ordered.changes += difference.leftovers[index].map { leftover in
            Change(
                address: ResourceAddress(leftover), host: host.name, action: .destroy, impact: .live,
                causes: ["\(leftover.text) belongs to no definition: \(leftover.proof)"], before: .leftover(leftover))
        }
    }
    let order = ordered.changes.indices.sorted { a, b in
        let (a, b) = (ordered.changes[a], ordered.changes[b])
        return a.address == b.address ? a.host < b.host : a.address < b.address
    }
    ordered.changes = order.map { ordered.changes[$0] }
    return ordered
}
