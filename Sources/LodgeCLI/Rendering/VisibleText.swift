extension String {
    /// On one line, with nothing that a terminal or a reader's eye would take for something else: control characters,
    /// line separators and the marks that reverse the direction of text are written as `\u{1b}`. Values, file names
    /// and what hosts answer are other people's text, and must not be able to forge a line of a plan.
    var visible: String {
        guard unicodeScalars.contains(where: \.isInvisible) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isInvisible {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The same with every column in its place: tabs stay, and `�` stands for what is not to be shown.
    var visibleInPlace: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars { scalars.append(scalar.isInvisible && scalar != "\t" ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }

    /// At most so many characters, with `…` in place of what is cut off.
    func shortened(to limit: Int) -> String {
        unicodeScalars.count <= limit
            ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(max(0, limit - 1)))) + "…"
    }
}

extension Unicode.Scalar {
    fileprivate var isInvisible: Bool {
        switch properties.generalCategory {
        // Cc, Cf (zero-width characters and those of the bidirectional algorithm among them), Zl, Zp.
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}
