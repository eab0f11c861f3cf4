import FleetModel
import FoundationEssentials

/// Writes a plan in the form that was asked for.
///
/// - Parameter digest: Of the plan, as apply checks it.
func writePlan(_ plan: Plan, digest: Digest, _ output: DocumentOptions) {
    switch output.format {
    case .text: Terminal.output.write(renderPlan(plan, style: output.style))
    case .markdown: Terminal.output.write(renderPlanMarkdown(plan))
    case .json:
        Terminal.output.write(
            renderPlanJSON(
                plan, lodgeVersion: Lodge.version, timestamp: Date.now.formatted(.iso8601), digest: digest))
        Terminal.errors.write(renderDiagnostics(unreachableDiagnostics(plan), style: Terminal.errors.style))
    }
}
