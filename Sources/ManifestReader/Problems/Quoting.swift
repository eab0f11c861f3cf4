/// The user's own text for a diagnostic: in quotes, without control characters, 60 characters at most.
func quoted(_ text: String) -> String {
    let head = text.unicodeScalars.prefix(61)
    var shown = ""
    for scalar in head.prefix(60) {
        switch scalar {
        case "\n": shown += "\\n"
        case "\t": shown += "\\t"
        default: shown.unicodeScalars.append(isControl(scalar) ? "\u{FFFD}" : scalar)
        }
    }
    return head.count > 60 ? "\"\(shown)…\"" : "\"\(shown)\""
}

/// C0, DEL, C1 and the characters that change the direction of text: they could make a terminal lie.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
}
