import FleetModel

/// Gives the saved plan the identities of the hosts' state folders. A folder that holds nothing draws a new identity
/// at each command until something bears it: then the plan is for the one that it has now.
///
/// - Returns: the plan, and a refusal for each host whose state folder is another one.
public func settleInstances(of saved: SavedPlan, hosts: [Name: LiveHost]) -> (plan: SavedPlan, refusals: [Diagnostic]) {
    var settled = saved
    var remarks = Remarks()
    for (name, host) in hosts.sorted(by: { $0.key < $1.key }) {
        let present = host.facts.instance
        guard let planned = saved.plan.instance(on: name), planned != present else { continue }
        let reliesOnNothing = saved.plan.steps.allSatisfy {
            $0.host != name || $0.expects == nil || $0.expects == .absent
        }
        guard reliesOnNothing, host.guests.isEmpty, host.networks.isEmpty, host.images.isEmpty else {
            // The plan's own apply may have given the folder its identity.
            let progress = SavedPlanProgress(saved, on: [name: host])
            if let refusal = progress.refusal {
                remarks.refusals.append(refusal)
            } else {
                remarks.refuse(
                    "plan-other-folder",
                    "host.\(name) has another state folder than the one that the plan was made for",
                    detail: "its identity is \(present), and the plan's is \(planned)",
                    help: "give the --state-dir that it was made with, or plan again",
                    about: ResourceAddress(.host, name))
            }
            continue
        }
        settled.plan = settled.plan.moved(name, to: present)
    }
    return (settled, remarks.refusals)
}
