/// The user's own text for a diagnostic: in quotes, without control characters, cut behind `limit` characters.
func quoted(_ text: String, limit: Int = 60) -> String {
    let head = text.unicodeScalars.prefix(limit + 1)
    var shown = ""
    for scalar in head.prefix(limit) {
        switch scalar {
        case "\n": shown += "\\n"
        case "\t": shown += "\\t"
        default: shown.unicodeScalars.append(isControl(scalar) ? "\u{FFFD}" : scalar)
        }
    }
    return head.count > limit ? "\"\(shown)…\"" : "\"\(shown)\""
}

/// A path for a diagnostic, which is cut behind Linux's PATH_MAX alone.
func quoted(path: String) -> String { quoted(path, limit: 4096) }

/// C0, DEL, C1 and the characters that change the direction of text: they could make a terminal lie.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
}

extension String {
    /// The text with dots in place of what stands before the host of each URL of the web that it has.
    var withoutPasswords: String {
        var shown = ""
        var rest = self[...]
        while let slashes = rest.firstRange(of: "://") {
            shown += rest[..<slashes.upperBound]
            rest = rest[slashes.upperBound...]
            let authority = rest.prefix { !"/?# \t\"'".contains($0) }
            guard let at = authority.lastIndex(of: "@"),
                shown.lowercased().hasSuffix("http://") || shown.lowercased().hasSuffix("https://")
            else { continue }
            shown += "…@"
            rest = rest[authority.index(after: at)...]
        }
        return shown + rest
    }
}
