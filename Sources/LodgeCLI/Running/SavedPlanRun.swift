import ArgumentParser
import FleetModel
import Planner

/// A saved plan on its way to the hosts: what it was made from is read again, what it relies on is looked at again,
/// and then it is applied as it is, or not at all.
struct SavedPlanRun {
    let saved: SavedPlan
    let impact: ImpactOptions

    /// - Returns: the exit code.
    func run(_ host: HostOptions, _ change: ChangeOptions, _ output: DocumentOptions) async -> ExitCode {
        let inputs = PlanInputs(of: saved)
        guard inputs.refusals.isEmpty else {
            Terminal.errors.write(renderDiagnostics(inputs.refusals, style: Terminal.errors.style))
            if output.format == .markdown { showRefused(inputs.refusals, ApplyOutput(output)) }
            return .refused
        }
        var change = change
        change.isApproved = true
        let (saved, impact) = (saved, impact)
        let run = ChangeRun(
            plan: { Self.plan(saved, inputs, limit: impact.limit, hosts: $0) },
            proof: { .unmet(findUnmet(saved, hosts: $0)) },
            hosts: saved.hostsToChange, layout: host.layout, change: change, output: output, log: host.log,
            needsEveryHost: true, question: "",
            completion: { plan in
                let counts = plan.counts
                return saved.header.origin.purpose == .destroy
                    ? "Destroy complete! Resources: \(counts.destroyed) destroyed." : applyCompletion(plan)
            })
        return await run.run()
    }

    private func showRefused(_ refusals: [Diagnostic], _ output: ApplyOutput) {
        var plan = saved.plan
        plan.refusals = refusals
        output.show(plan)
        _ = output.end(.refused, "Nothing was changed.", plan)
    }

    /// The saved plan for the hosts as they are, its refusals added where they are not what it relies on.
    private static func plan(
        _ saved: SavedPlan, _ inputs: PlanInputs, limit: Impact?, hosts: [Name: HostObservation]
    ) -> Plan {
        let live = hosts.compactMapValues { if case .observed(let live) = $0 { live } else { nil } }
        var (settled, refusals) = settleInstances(of: saved, hosts: live)
        if refusals.isEmpty { refusals = checkSavedPlan(settled, hosts: live) }
        if let limit { refusals += limitImpact(of: saved.plan, to: limit) }
        do throws(UnknownSensitiveField) {
            var plan = try settled.unsealed(inputs.texts)
            plan.refusals = refusals
            return plan
        } catch {
            settled.plan.refusals = refusals + [.error("plan-secret", error.description, help: "plan again")]
            return settled.plan
        }
    }
}

/// Terraform's words.
func applyCompletion(_ plan: Plan) -> String {
    let counts = plan.counts
    return "Apply complete! Resources: \(counts.added) added, \(counts.changed) changed, \(counts.destroyed) destroyed."
}
