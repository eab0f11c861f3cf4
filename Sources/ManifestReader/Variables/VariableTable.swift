import FleetModel

/// The variables of a run, and which of them were used.
final class VariableTable {
    private var values: [String: [UInt8]] = [:]
    /// Those that were given one by one, on the command line.
    private let given: [String]
    private var used: Set<String> = []
    /// Names that a misspelt one is compared with.
    private lazy var candidates = Array(values.keys.sorted().prefix(Self.candidateCount))

    /// The effort is bounded, however many there are.
    private static let candidateCount = 1_000
    private static let environmentPrefix = "LODGE_VAR_"

    /// - Parameters:
    ///   - sources: what was given, and the environment; the former wins.
    ///   - files: the variables of `sources.variableFiles`, which lie between the two.
    init(_ sources: ValueSources, files: [String: String]) {
        for (key, value) in sources.environment where key.hasPrefix(Self.environmentPrefix) {
            let name = String(key.dropFirst(Self.environmentPrefix.count))
            if VariableText.isName(name) { values[name] = Array(value.utf8) }
        }
        for (name, value) in files { values[name] = Array(value.utf8) }
        for (name, value) in sources.variables { values[name] = Array(value.utf8) }
        given = sources.variables.keys.sorted()
    }

    func value(of name: String) -> [UInt8]? {
        guard let value = values[name] else { return nil }
        used.insert(name)
        return value
    }

    func report(_ fault: VariableText.Fault, at range: SourceRange, _ problems: Problems) {
        switch fault.reason {
        case .undefined(let name):
            problems.add(
                .undefinedVariable, range, "the variable \(quoted(name)) is not defined",
                help: suggestion(for: name, among: candidates).map { "did you mean ${\($0)}?" }
                    ?? "give it with --var \(name)=…, in a --var-file, or as \(Self.environmentPrefix)\(name) in the "
                    + "environment; $${ is the text ${")
        case .malformed:
            problems.add(
                .invalidVariable, range, "\(quoted(fault.text)) is no variable",
                help: "write ${NAME} with letters, digits and “_”; $${ is the text ${")
        }
    }

    /// Reports what was given on the command line and is nowhere in the manifests: a misspelt name, most likely.
    func reportUnused(_ problems: Problems) {
        for name in given where !used.contains(name) {
            problems.add(
                .unusedVariable, nil, "the manifests do not use the variable \(quoted(name)) that --var gives",
                help: "write ${\(name)} where it is to stand, or leave it out", severity: .warning)
        }
    }
}
