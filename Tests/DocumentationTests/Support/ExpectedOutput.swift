/// Output as a document shows it: `…` within a line stands for any text, a line of `…` alone for any lines. White space
/// counts as one space, and at the ends of lines as none, so that columns may be wider where a figure is.
struct ExpectedOutput: Sendable {
    let text: String

    /// The first line that the output does not have, with what stands there; nil where all of it matches.
    func mismatch(with output: String) -> String? {
        let expected = Self.lines(text)
        let actual = Self.lines(output)
        // The furthest that any way of reading the wildcards came.
        var furthest = (expected: 0, actual: 0)
        var known: Set<[Int]> = []

        func matches(_ e: Int, _ a: Int) -> Bool {
            if e > furthest.expected { furthest = (e, a) }
            guard known.insert([e, a]).inserted else { return false }
            guard e < expected.count else { return a == actual.count }
            if expected[e].drop(while: { $0 == " " }) == "…" {
                return matches(e + 1, a) || (a < actual.count && matches(e, a + 1))
            }
            return a < actual.count && Self.matches(expected[e], actual[a]) && matches(e + 1, a + 1)
        }

        if matches(0, 0) { return nil }
        let wanted = furthest.expected < expected.count ? expected[furthest.expected] : "(the end)"
        let found = furthest.actual < actual.count ? actual[furthest.actual] : "(the end)"
        return "expected: \(wanted)\nbut there: \(found)"
    }

    /// Whether a line is of the form of another one, in which `…` stands for any text.
    static func matches(_ pattern: String, _ line: String) -> Bool {
        let parts = pattern.split(separator: "…", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else { return pattern == line }
        guard line.hasPrefix(parts[0]) else { return false }
        var rest = line.dropFirst(parts[0].count)
        for part in parts[1..<(parts.count - 1)] where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(parts[parts.count - 1])
    }

    private static func lines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = line.prefix { $0 == " " }
            return String((indent + line.split(separator: " ").joined(separator: " ")))
        }
        lines = lines.map { $0.allSatisfy { $0 == " " } ? "" : $0 }
        while lines.last == "" { lines.removeLast() }
        while lines.first == "" { lines.removeFirst() }
        return lines
    }
}
