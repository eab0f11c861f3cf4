import ArgumentParser
import FleetModel
import Reconciler

/// What an apply says beside its progress, in the form that was asked for: what is going to be done, and how it ended.
struct ApplyOutput: Sendable {
    let options: DocumentOptions

    init(_ options: DocumentOptions) { self.options = options }

    func show(_ plan: Plan) {
        switch options.format {
        case .text: Terminal.output.write(renderPlan(plan, style: options.style))
        case .markdown: Terminal.output.write(renderPlanMarkdown(plan, limit: planShareOfComment))
        case .json:
            Terminal.output.write(ApplyEventLine.planned(plan))
            let failures = plan.refusals + inOrder(plan.unreachable)
            Terminal.errors.write(renderDiagnostics(failures, style: Terminal.errors.style))
        }
    }

    /// Writes how it ended, where the form has something for that.
    ///
    /// - Parameter outcome: nil: no step was begun.
    /// - Returns: the exit code.
    func end(_ ending: ApplyEnding, _ text: String, _ plan: Plan, _ outcome: ApplyOutcome? = nil) -> ExitCode {
        switch options.format {
        case .text: break
        case .markdown:
            // The verdict on an empty plan says it all.
            guard ending != .complete || !plan.isEmpty else { break }
            Terminal.output.write(renderResultMarkdown(ending, text, outcome ?? ApplyOutcome()))
        case .json:
            var untouched = ApplyOutcome()
            untouched.notBegun = plan.steps
            Terminal.output.write(ApplyEventLine.summary(ending, text, plan, outcome ?? untouched))
        }
        return switch ending {
        case .complete: .success
        case .partial: .partial
        case .failed: .failed
        case .refused: .refused
        case .interrupted: .interrupted
        }
    }

    /// Writes why it failed.
    ///
    /// - Parameter outcome: nil: no step was begun.
    func fail(_ text: String, _ plan: Plan, _ outcome: ApplyOutcome? = nil) -> ExitCode {
        _ = Terminal.fail(text)
        return end(.failed, text, plan, outcome)
    }

    /// Writes why it failed before there was a plan.
    func fail(_ text: String, _ diagnostics: [Diagnostic] = []) -> ExitCode {
        Terminal.errors.write(renderDiagnostics(diagnostics, style: Terminal.errors.style))
        if options.format == .markdown { Terminal.output.write(renderFailureMarkdown(text, diagnostics)) }
        return Terminal.fail(text)
    }
}
