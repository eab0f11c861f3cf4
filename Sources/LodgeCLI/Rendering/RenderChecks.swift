import FleetModel
import HostAgent

/// What a host has of what it needs, a line each, with the way to mend what is missing.
func renderChecks(_ checks: [HostCheck], of host: Name, style: TextStyle) -> String {
    let width = checks.map(\.subject.count).max() ?? 0
    var text = style.paint("Host \(host)", .bold) + "\n"
    for check in checks {
        let verdict =
            switch check.verdict {
            case .good: style.paint("ok     ", .added)
            case .warning: style.paint("warning", .warning)
            case .bad: style.paint("missing", .error)
            }
        let padding = String(repeating: " ", count: width - check.subject.count)
        text += "  \(verdict)  \(check.subject)\(padding)  \(check.finding)\n"
        if let fix = check.fix { text += String(repeating: " ", count: width + 13) + "to do: \(fix)\n" }
    }
    return text
}

/// Diagnostics as a JSON array.
func renderDiagnosticsJSON(_ diagnostics: [Diagnostic]) -> String {
    String(decoding: CanonicalJSON.bytes(of: diagnostics), as: UTF8.self) + "\n"
}
