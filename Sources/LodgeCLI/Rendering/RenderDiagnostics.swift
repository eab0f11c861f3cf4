import FleetModel

/// Diagnostics for people, a blank line between two: what is wrong, the line that says it, what to do.
public func renderDiagnostics(_ diagnostics: [Diagnostic], style: TextStyle) -> String {
    var text = ""
    for (index, diagnostic) in diagnostics.enumerated() {
        if index > 0 { text += "\n" }
        write(diagnostic, to: &text, style)
    }
    return text
}

private func write(_ diagnostic: Diagnostic, to text: inout String, _ style: TextStyle) {
    let (label, tone): (String, TextStyle.Tone) =
        switch diagnostic.severity {
        case .error: ("Error: ", .error)
        case .warning: ("Warning: ", .warning)
        }
    text += style.paint(label, tone) + style.paint(diagnostic.summary.visible, .bold) + "\n"
    if let range = diagnostic.range {
        let number = "\(range.line)"
        let margin = String(repeating: " ", count: number.count)
        text += "\(margin)\(style.paint("-->", .link)) \(range.description.visible)\n"
        if let line = diagnostic.sourceLine {
            let bar = style.paint("|", .link)
            text += "\(margin) \(bar)\n"
            text += "\(style.paint(number, .link)) \(bar) \(line.visibleInPlace)\n"
            text += "\(margin) \(bar) \(blanks(before: range.column, in: line))\(style.paint("^", tone))\n"
        }
    }
    for line in diagnostic.detail?.split(separator: "\n", omittingEmptySubsequences: false) ?? [] {
        // Bots take a line that begins with a hash for an object of the plan.
        let isHeading = line.first { $0 != " " } == "#"
        let line = String(line).visible
        text += line.isEmpty ? "\n" : isHeading ? "  \\\(line)\n" : "  \(line)\n"
    }
    if let help = diagnostic.help { text += "\(style.paint("help:", .bold)) \(help.visible)\n" }
}

/// As wide as what stands before the column; tabs stay tabs.
private func blanks(before column: Int, in line: String) -> String {
    var blanks = ""
    for scalar in line.unicodeScalars.prefix(max(0, column - 1)) { blanks += scalar == "\t" ? "\t" : " " }
    return blanks
}
