import ArgumentParser
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
            Terminal.errors.write(renderDiagnostics(inOrder(plan.unreachable), style: Terminal.errors.style))
        }
    }

    /// Where remarks for people go: to standard output only where it is for people.
    var remarks: Terminal { format == .text ? Terminal.output : Terminal.errors }
}

extension Terminal {
    /// Writes an error.
    ///
    /// - Returns: the exit code of what failed.
    static func fail(_ text: String) -> ExitCode {
        errors.write(errors.style.paint("Error:", .error) + " \(text)\n")
        return .failed
    }
}
