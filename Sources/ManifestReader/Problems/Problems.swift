import FleetModel

/// Collects what is to be said about the manifests, in any order.
final class Problems {
    private var diagnostics: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []

    /// Adds a diagnostic, once: what defaults and aliases stand for is met many times.
    func add(
        _ code: ProblemCode, _ range: SourceRange?, _ summary: @autoclosure () -> String,
        detail: @autoclosure () -> String? = nil, help: @autoclosure () -> String? = nil,
        severity: Diagnostic.Severity = .error
    ) {
        guard diagnostics.count < YAMLLimits.problems else { return }
        let diagnostic = Diagnostic(
            severity, code: code.rawValue, summary(), detail: detail(), help: help(), range: range)
        if seen.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
    }

    /// Everything, sorted by position, each with the text of its line.
    func sorted(showingLinesOf files: [SourceFile]) -> [Diagnostic] {
        let files = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var sorted = diagnostics.sorted(by: Self.precedes)
        var lines: [String: SourceLines] = [:]
        for index in sorted.indices {
            guard let range = sorted[index].range, let file = files[range.file] else { continue }
            if lines[range.file] == nil { lines[range.file] = file.lines }
            sorted[index].sourceLine =
                lines[range.file]?.shownText(range.line - 1, column: range.column - 1)?
                .withoutPasswords
        }
        if diagnostics.count >= YAMLLimits.problems {
            sorted.append(
                .error(
                    ProblemCode.tooManyProblems.rawValue,
                    "there are more problems; only the first \(YAMLLimits.problems) that were found are shown"))
        }
        return sorted
    }

    private static func precedes(_ a: Diagnostic, _ b: Diagnostic) -> Bool {
        switch (a.range, b.range) {
        case (let x?, let y?) where x != y: x < y
        case (nil, .some): true
        case (.some, nil): false
        default: (a.code, a.summary) < (b.code, b.summary)
        }
    }
}
