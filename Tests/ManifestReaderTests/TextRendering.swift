import FleetModel

/// Diagnostics as the goldens have them, paths relative to a folder.
func rendered(_ diagnostics: [Diagnostic], relativeTo folder: String) -> String {
    diagnostics.map { diagnostic in
        var text = diagnostic.range.map { "\($0): " } ?? ""
        text += "\(diagnostic.severity.rawValue)[\(diagnostic.code)]: \(diagnostic.summary)\n"
        if let line = diagnostic.sourceLine { text += "    | \(line)\n" }
        if let detail = diagnostic.detail {
            text += detail.split(separator: "\n").map { "    : \($0)\n" }.joined()
        }
        if let help = diagnostic.help { text += "    = \(help)\n" }
        return text.replacing(folder + "/", with: "").replacing(folder, with: ".")
    }.joined()
}
