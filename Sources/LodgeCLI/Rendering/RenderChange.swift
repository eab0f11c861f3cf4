import FleetModel
import Planner

/// One change in the form that Terraform's users and bots know: a line in words, then the object and its fields.
func writeChange(_ change: Change, to text: inout String, _ style: TextStyle) {
    let (mark, tone, sentence): (String, TextStyle.Tone, String) =
        switch change.action {
        case .create: ("+", .added, "will be created")
        case .update: ("~", .changed, "will be updated in-place")
        case .replace: ("-/+", .removed, "must be replaced")
        case .destroy: ("-", .removed, "will be destroyed")
        }
    // Comment bots match this line to its end, so that nothing may follow.
    text += style.paint("  # \(change.address) \(sentence)", .bold) + "\n"
    text += "  \(style.paint(mark, tone)) \(change.address) on \(change.host)"
    if change.action == .update, let impact = change.impact { text += " (\(impactText(impact)))" }
    text += "\n"
    if let former = change.renamedFrom {
        text += "      # renamed from \(change.address.kind.rawValue).\(former), and kept\n"
    }
    for cause in change.causes { text += "      # \(cause)\n" }
    switch change.action {
    case .create: writeNewFields(of: change, to: &text, style)
    case .update, .replace: writeFields(change.fields, of: change.action, to: &text, style)
    case .destroy: break
    }
}

/// What an impact does to an object that stays.
func impactText(_ impact: Impact) -> String {
    switch impact {
    case .live: "live"
    case .restart: "restart"
    case .replace: "new root disk"
    case .destroy: "loses data"
    }
}

private func writeNewFields(of change: Change, to text: inout String, _ style: TextStyle) {
    guard let after = change.after else { return }
    let fields = describe(after)
    let width = fields.map(\.path.count).max() ?? 0
    let mark = style.paint("+", .added)
    for field in fields { text += "      \(mark) \(field.path.padded(to: width)) = \(field.text)\n" }
}

private func writeFields(_ fields: [Change.Field], of action: Change.Action, to text: inout String, _ style: TextStyle)
{
    let paths = fields.map(\.path.count).max() ?? 0
    let values = fields.map { "\($0.before ?? "null") -> \($0.after ?? "null")" }
    // One long text does not push the remarks of all fields off the screen.
    let width = values.map(\.count).filter { $0 <= 48 }.max() ?? 0
    for (field, value) in zip(fields, values) {
        let (mark, tone): (String, TextStyle.Tone) =
            field.before == nil ? ("+", .added) : field.after == nil ? ("-", .removed) : ("~", .changed)
        let remark =
            switch field.impact {
            case .live: "(live)"
            case .restart: "(restart)"
            case .replace: "# forces replacement"
            case .destroy: "# loses data"
            }
        text += "      \(style.paint(mark, tone)) \(field.path.padded(to: paths)) = \(value.padded(to: width))  "
        text += style.paint(remark, field.impact >= .replace ? .removed : .faint) + "\n"
    }
}
