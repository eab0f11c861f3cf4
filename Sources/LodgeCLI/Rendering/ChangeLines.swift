import FleetModel
import Planner

/// A change in lines, for whichever form shows it.
struct ChangeLines {
    enum Mark: String {
        case add = "+"
        case change = "~"
        case remove = "-"
        case replace = "-/+"
    }

    struct Line {
        let mark: Mark
        /// The field and its values, without anything that a terminal would obey.
        let text: String
        /// What it does to the guest, and why; padded where something follows.
        var remark = ""
        var impact = Impact.live
        /// `file:line` of the manifest; empty: not known.
        var origin = ""
    }

    /// `guest.web-1 will be created`: comment bots read it to its end.
    let sentence: String
    let mark: Mark
    /// `guest.web-1 on local (restart)`.
    let subject: String
    /// What it was called, and why it changes; one sentence each.
    let causes: [String]
    let fields: [Line]

    private static let endings = [
        "will be created", "will be updated in-place", "must be replaced", "will be destroyed",
    ]

    /// - Parameter stops: The plan ends the guest's process.
    init(_ change: Change, stops: Bool) {
        let end: String
        (mark, end) =
            switch change.action {
            case .create: (.add, Self.endings[0])
            case .update: (.change, Self.endings[1])
            case .replace: (.replace, Self.endings[2])
            case .destroy: (.remove, Self.endings[3])
            }
        sentence = "\(change.address) \(end)"
        let impact = change.action == .update ? change.impact.map { " (\(impactText($0, stops: stops)))" } : nil
        subject = "\(change.address) on \(change.host)\(impact ?? "")"
        let rename = change.renamedFrom.map { "renamed from \(change.address.kind.rawValue).\($0), and kept" }
        causes = ((rename.map { [$0] } ?? []) + change.causes).map { cause in
            // Bots would take it for the sentence of another object.
            Self.endings.contains { cause.hasSuffix($0) } ? cause.visible + "." : cause.visible
        }
        let secrets = change.secretPaths
        fields =
            switch change.action {
            case .create: newFields(of: change.after, secrets)
            case .update, .replace: differentFields(change.fields, secrets)
            case .destroy: []
            }
    }
}

private func newFields(of object: Change.Object?, _ secrets: SecretPaths) -> [ChangeLines.Line] {
    guard let object else { return [] }
    let fields = describe(object)
    let width = fields.map(\.path.count).max() ?? 0
    return fields.map { field in
        let value = secrets.hides(field.path) ? Change.Field.concealed : field.text.visible
        return ChangeLines.Line(mark: .add, text: "\(field.path.padded(to: width)) = \(value)")
    }
}

private func differentFields(_ fields: [Change.Field], _ secrets: SecretPaths) -> [ChangeLines.Line] {
    let paths = fields.map(\.path.count).max() ?? 0
    let values = fields.map { secrets.hides($0.path) ? Change.Field.concealed : $0.values }
    let remarks = fields.map(\.remark)
    // One long text does not push the remarks of all fields off the screen.
    let valueWidth = values.map(\.count).filter { $0 <= 48 }.max() ?? 0
    let remarkWidth = remarks.map(\.count).filter { $0 <= 48 }.max() ?? 0
    return fields.indices.map { index in
        let field = fields[index]
        let origin = field.origin.map { "\($0.file):\($0.line)".visible } ?? ""
        return ChangeLines.Line(
            mark: field.before == nil && field.after != nil ? .add : field.after == nil ? .remove : .change,
            text: "\(field.path.visible.padded(to: paths)) = \(values[index].padded(to: valueWidth))",
            remark: origin.isEmpty ? remarks[index] : remarks[index].padded(to: remarkWidth), impact: field.impact,
            origin: origin)
    }
}

extension Change.Field {
    /// As Terraform writes them: a new value alone, the step between two, or the step to nothing.
    fileprivate var values: String {
        guard let after else { return "\((before ?? "null").visible) -> null" }
        return before.map { "\($0.visible) -> \(after.visible)" } ?? after.visible
    }

    fileprivate var remark: String {
        let reason = note.map { ": \($0.visible)" } ?? ""
        return switch impact {
        case .live: "(live\(reason))"
        case .restart: "(restart\(reason))"
        case .replace: "# forces replacement\(reason)"
        case .destroy: "# loses data\(reason)"
        }
    }
}
