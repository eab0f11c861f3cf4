import FleetModel

extension DocumentOptions {
    /// Writes a plan to standard output, and in JSON, whose readers may not look at its diagnostics, errors of hosts to
    /// standard error.
    ///
    /// - Parameters:
    ///   - created: when it was made, as RFC 3339 text.
    ///   - lodgeVersion: the version that made it.
    func write(_ plan: Plan, created: String, lodgeVersion: String = Lodge.version) {
        switch format {
        case .text: Terminal.output.write(renderPlan(plan, style: style))
        case .markdown: Terminal.output.write(renderPlanMarkdown(plan))
        case .json:
            Terminal.output.write(
                renderPlanJSON(
                    plan, lodgeVersion: lodgeVersion, timestamp: created,
                    digest: Digest(of: CanonicalJSON.bytes(of: plan))))
            Terminal.errors.write(renderDiagnostics(unreachableDiagnostics(plan), style: Terminal.errors.style))
        }
    }
}
