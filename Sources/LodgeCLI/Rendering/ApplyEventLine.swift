import FleetModel
import Reconciler

/// How an apply or destroy ended.
enum ApplyEnding: String, Encodable {
    /// Everything was done, and observing the hosts again proved that nothing is left to do.
    case complete
    /// The same for the hosts that could be reached.
    case partial
    case failed
    /// Nothing was touched: the plan, or a host before its first step, refused.
    case refused
    /// Running steps were finished, no new one begun.
    case interrupted
}

/// The events of `apply --output json`, one JSON object a line: docs/events.schema.json has their layout.
enum ApplyEventLine {
    /// The first event: what is going to be done.
    static func planned(_ plan: Plan) -> String {
        struct Event: Encodable {
            let type = "planned"
            let fleet: Name
            let summary: String
            let applyable, errored: Bool
            let changes: Counts
            let steps: Int
            let diagnostics: [DiagnosticDocument]
        }
        let counts = plan.counts
        return line(
            Event(
                fleet: plan.fleet, summary: countsText(plan),
                applyable: plan.refusals.isEmpty && !plan.isEmpty,
                errored: !plan.refusals.isEmpty || !plan.unreachable.isEmpty,
                changes: Counts(add: counts.added, change: counts.changed, destroy: counts.destroyed),
                steps: plan.steps.count,
                diagnostics: (plan.refusals + plan.warnings + inOrder(plan.unreachable)).map(
                    DiagnosticDocument.init)))
    }

    static func of(_ event: ApplyEvent) -> String {
        switch event {
        case .began(let step): line(StepEvent(type: "step_began", step))
        case .progress(let step, let text): line(StepEvent(type: "step_progress", step, text: text))
        case .ended(let step, let elapsed, let remark):
            line(StepEvent(type: "step_ended", step, elapsed: elapsed, text: remark))
        case .failed(let step, let elapsed, let reason):
            line(StepEvent(type: "step_failed", step, elapsed: elapsed, text: reason))
        case .stopping(let running): line(StoppingEvent(running: running))
        }
    }

    /// The last event, however it ended.
    ///
    /// - Parameter text: the line that people get to read.
    static func summary(_ ending: ApplyEnding, _ text: String, _ plan: Plan, _ outcome: ApplyOutcome) -> String {
        struct Event: Encodable {
            let type = "summary"
            let outcome: ApplyEnding
            let text: String
            let changes: Counts
            let done, failed, notBegun: [StepReport]

            enum CodingKeys: String, CodingKey {
                case type, outcome, text, changes, done, failed
                case notBegun = "not_begun"
            }
        }
        let counts = completedCounts(plan, outcome)
        let remarks = Dictionary(outcome.remarks.map { ($0.step.id, $0.text) }, uniquingKeysWith: { a, _ in a })
        return line(
            Event(
                outcome: ending, text: text,
                changes: Counts(add: counts.added, change: counts.changed, destroy: counts.destroyed),
                done: outcome.done.map { StepReport($0, text: remarks[$0.id]) }.sorted { $0.step < $1.step },
                failed: outcome.failed.map { StepReport($0.step, text: $0.reason) }.sorted { $0.step < $1.step },
                notBegun: outcome.notBegun.map { StepReport($0) }))
    }

    private struct Counts: Encodable {
        let add, change, destroy: Int
    }

    private struct StoppingEvent: Encodable {
        let type = "stopping"
        let running: Int
    }

    private struct StepReport: Encodable {
        let step: Int
        let address: ResourceAddress
        let host: Name
        let verb: String
        /// The remark, or the reason of the failure.
        let text: String?

        init(_ step: Step, text: String? = nil) {
            self.step = step.id
            address = step.address
            host = step.host
            verb = step.verb
            self.text = text
        }
    }

    private struct StepEvent: Encodable {
        let type: String
        let step: Int
        let address: ResourceAddress
        let host: Name
        let verb: String
        let elapsedMilliseconds: Int64?
        let text: String?

        init(type: String, _ step: Step, elapsed: Duration? = nil, text: String? = nil) {
            self.type = type
            self.step = step.id
            address = step.address
            host = step.host
            verb = step.verb
            elapsedMilliseconds = elapsed.map {
                $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000
            }
            self.text = text
        }

        enum CodingKeys: String, CodingKey {
            case type, step, address, host, verb, text
            case elapsedMilliseconds = "elapsed_ms"
        }
    }

    private static func line(_ event: some Encodable) -> String {
        String(decoding: CanonicalJSON.bytes(of: event), as: UTF8.self) + "\n"
    }
}
