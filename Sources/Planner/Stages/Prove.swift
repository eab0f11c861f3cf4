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
        // Nothing grows before what is left over is gone: the host is at its fullest before that, or after.
        let freed = difference.leftovers[index].taken
        let before = proof.hosts[index].before
        proof.hosts[index].peak.memory = max(
            before.memory, before.memory - freed.memory + ByteCount(bytes: peak.memory))
        proof.hosts[index].peak.cpus = max(before.cpus, before.cpus - freed.cpus + Int(peak.cpus))

        guard !isRefused else { continue }
        let (free, name) = (problem.free[index], observed.hosts[index].name)
        if !steps.waitForLeftovers(host: index) { broken.append("host.\(name)'s memory next to what is left over") }
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
