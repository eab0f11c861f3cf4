import ArgumentParser
import FleetModel
import Planner
import Reconciler

/// What apply and destroy do, in order: lock, observe, plan, show, ask, apply, observe again and prove that nothing
/// is left to do.
struct ChangeRun: Sendable {
    /// What is left once the steps of a plan have succeeded.
    enum Remainder {
        /// A plan of what is still to do; empty: nothing.
        case plan(Plan)
        /// What the plan was to lead to and is not so.
        case unmet([Diagnostic])
    }

    /// Makes the plan from what was observed.
    let plan: @Sendable ([Name: HostObservation]) -> Plan
    /// Finds what is left, from what was observed after the apply.
    let proof: @Sendable ([Name: HostObservation]) -> Remainder
    let hosts: [DesiredHost]
    let layout: HostLayout
    let change: ChangeOptions
    let output: DocumentOptions
    let log: Log
    /// Nothing is applied where a host cannot be observed; else the rest is.
    var needsEveryHost = false
    /// What is asked before anything is changed.
    let question: String
    /// The last line, from the counts of the plan.
    let completion: @Sendable (Plan) -> String

    private var said: ApplyOutput { ApplyOutput(output) }

    func run() async -> ExitCode {
        await withConnections(to: hosts, layout: layout) { await run($0) }
    }

    private func run(_ connections: Connections) async -> ExitCode {
        do throws(HostErrorText) {
            try await takeLocks(connections)
        } catch {
            return said.fail(error.text)
        }
        let observations = await observe(connections)
        if needsEveryHost, let code = reportUnreachable(observations) { return code }
        let plan = self.plan(observations)
        log("planned \(plan.steps.count) steps")
        said.show(plan)
        if let ending = verdict(on: plan) {
            let isEmpty = plan.refusals.isEmpty && plan.unreachable.isEmpty
            return said.end(ending, isEmpty ? "No changes." : "Nothing was changed.", plan)
        }
        guard change.isApproved || Terminal.canAsk else {
            return said.fail("there is nobody to ask for approval; pass --auto-approve to apply without asking", plan)
        }
        guard change.isApproved || Terminal.confirm(question, on: output.remarks) else {
            return said.fail("not approved; nothing was changed", plan)
        }

        let outcome = await perform(plan, connections)
        guard outcome.succeeded else { return report(outcome, of: plan) }
        return await prove(plan, outcome, connections)
    }

    private func reportUnreachable(_ observations: [Name: HostObservation]) -> ExitCode? {
        let unreachable = inOrder(observations.unreachable)
        guard !unreachable.isEmpty else { return nil }
        return said.fail("the plan changes hosts that cannot be observed; nothing was changed", unreachable)
    }

    private struct HostErrorText: Error { var text: String }

    private func takeLocks(_ connections: Connections) async throws(HostErrorText) {
        do {
            try await lock(connections, holder: LockOptions.holder, timeout: change.lock.timeout)
        } catch {
            throw HostErrorText(text: error.text)
        }
    }

    /// How it ends where the plan is not to be applied, or has nothing to apply.
    private func verdict(on plan: Plan) -> ApplyEnding? {
        if !plan.refusals.isEmpty { return .refused }
        if !needsEveryHost, plan.unreachable.count == hosts.count { return .failed }
        guard plan.isEmpty else { return nil }
        return plan.unreachable.isEmpty ? .complete : .partial
    }

    private func perform(_ plan: Plan, _ connections: Connections) async -> ApplyOutcome {
        let stop = StopRequest()
        let interruption = Interruption(stop)
        defer { withExtendedLifetime(interruption) {} }
        let progress = ApplyProgress(format: output.format, style: output.style)
        if output.format == .text { Terminal.output.write("\n") }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await progress.tick() }
            let outcome = await apply(
                plan, on: connections, parallelism: change.parallelism, stop: stop, report: progress.report)
            group.cancelAll()
            return outcome
        }
    }

    /// After a failure or an interruption: what was done, what failed and why, and what was not begun.
    private func report(_ outcome: ApplyOutcome, of plan: Plan) -> ExitCode {
        Terminal.errors.write("\n" + renderReport(outcome, style: Terminal.errors.style))
        let nothingTouched = outcome.done.isEmpty && outcome.failed.allSatisfy(\.isRefusal)
        return said.end(
            outcome.wasStopped ? .interrupted : nothingTouched ? .refused : .failed, "\(counts(outcome)).", plan,
            outcome)
    }

    /// Observes again: an apply has succeeded when there is nothing left to do, not when its steps say so.
    private func prove(_ plan: Plan, _ outcome: ApplyOutcome, _ connections: Connections) async -> ExitCode {
        let found = proof(await observe(connections))
        let remarks = renderRemarks(outcome)
        if output.format == .text, !remarks.isEmpty { Terminal.output.write("\n" + remarks) }
        switch found {
        case .plan(let rest):
            guard rest.isEmpty, rest.unreachable.count == plan.unreachable.count else {
                if output.format == .text { Terminal.output.write("\n" + renderPlan(rest, style: output.style)) }
                return said.fail(
                    "every step succeeded, but the hosts are not what the manifests say: \(countsText(rest)) are left; "
                        + reason(for: Set(rest.changes.map(\.address)), outcome), plan, outcome)
            }
        case .unmet(let unmet):
            guard unmet.isEmpty else {
                Terminal.errors.write(renderDiagnostics(unmet, style: Terminal.errors.style))
                return said.fail(
                    "every step succeeded, but the hosts are not what the plan leads to; "
                        + reason(for: Set(plan.changes.map(\.address)), outcome), plan, outcome)
            }
        }
        if output.format == .text {
            Terminal.output.write("\n" + output.style.paint(completion(plan), .bold) + "\n")
        }
        return said.end(plan.unreachable.isEmpty ? .complete : .partial, completion(plan), plan, outcome)
    }
}
