import FleetModel

/// One change in the form that Terraform's users and bots know: a line in words, then the object and its fields.
///
/// - Parameter stops: The plan ends the guest's process.
func writeChange(_ change: Change, stops: Bool, to text: inout String, _ style: TextStyle) {
    let lines = ChangeLines(change, stops: stops)
    text += style.paint("  # \(lines.sentence)", .bold) + "\n"
    text += "  \(style.paint(lines.mark.rawValue, lines.mark.tone)) \(lines.subject)\n"
    for cause in lines.causes { text += "      # \(cause)\n" }
    for line in lines.fields {
        text += "      \(style.paint(line.mark.rawValue, line.mark.tone)) \(line.text)"
        if !line.remark.isEmpty {
            text += "  " + style.paint(line.remark, line.impact >= .replace ? .removed : .faint)
        }
        if !line.origin.isEmpty { text += "  " + style.paint(line.origin, .link) }
        text += "\n"
    }
}

extension ChangeLines.Mark {
    fileprivate var tone: TextStyle.Tone {
        switch self {
        case .add: .added
        case .change: .changed
        case .remove, .replace: .removed
        }
    }
}
