import FleetModel

/// Decides what has to be done for the hosts to become what the manifests say: the stages, in the order they run.
///
/// - Parameters:
///   - desired: What the manifests ask for.
///   - hosts: What observing each of its hosts gave. About hosts that are missing here or could not be observed,
///     nothing is planned.
///   - options: What the command asks for beyond that.
/// - Returns: The plan. It depends on nothing but the arguments, and not on the order of what they list. Where it
///   has refusals, it must not be applied.
public func makePlan(
    desired: DesiredFleet, hosts: [Name: HostObservation], options: PlanOptions = PlanOptions()
) -> Plan {
    let observed = ObservedFleet(desired: desired, hosts: hosts)
    let asked = checkOptions(options, desired: desired, on: observed)
    guard asked.refusals.isEmpty else {
        return Plan(fleet: desired.name, refusals: asked.refusals, unreachable: observed.unreachable)
    }
    let placement = place(desired, on: observed)
    let resolved = resolve(placement, desired: desired, on: observed)
    let difference = diff(
        resolved, placement: placement, against: observed, replacements: options.replacements,
        deletesKept: options.deletesKept)
    let selection = Selection(options, of: difference, resolved, on: observed)
    let selected = selection.difference
    let policies = checkPolicies(of: selected, desired: desired, options: options, on: observed)
    let capacity = checkCapacity(of: selected, on: observed)
    let schedule = schedule(selected, of: desired, on: observed, full: capacity.full)
    let order = order(selected, by: schedule, of: desired, on: observed)
    let isRefused = !capacity.remarks.refusals.isEmpty || !schedule.remarks.refusals.isEmpty
    let proof = prove(
        order, by: schedule, for: selected, of: desired, on: observed, capacity, isRefused: isRefused)

    let remarks = [
        asked, placement.remarks, resolved.remarks, difference.remarks, policies, capacity.remarks, schedule.remarks,
        proof.remarks,
    ]
    return Plan(
        fleet: desired.name,
        changes: order.changes,
        steps: order.steps,
        capacity: proof.hosts,
        strangers: observed.hosts.flatMap(\.strangers),
        policies: Dictionary(uniqueKeysWithValues: observed.hosts.map { ($0.name, $0.policy) }),
        refusals: remarks.flatMap(\.refusals).filter(selection.concerns),
        warnings: remarks.flatMap(\.warnings).filter(selection.concerns),
        notes: remarks.flatMap(\.notes),
        unreachable: observed.unreachable)
}

/// Decides how to remove everything of a fleet, and nothing else, from the hosts.
///
/// - Parameters:
///   - fleet: Only what bears this fleet's mark, and each host's own instance's, is removed.
///   - hosts: What observing each host gave.
///   - declared: The hosts as the manifests declare them, for the capacity that the plan shows.
///   - options: What the command asks for beyond that.
public func makeDestroyPlan(
    fleet: Name, hosts: [Name: HostObservation], declared: [DesiredHost] = [], options: PlanOptions = PlanOptions()
) -> Plan {
    var plan = makePlan(
        desired: DesiredFleet(name: fleet, hosts: declared, networks: [], images: [], guests: []), hosts: hosts,
        options: options)
    for index in plan.changes.indices where plan.changes[index].address.kind != .leftover {
        let kept = plan.changes[index].causes.dropFirst()
        plan.changes[index].causes = ["all of fleet \(fleet) is to be removed"] + kept
    }
    return plan
}
