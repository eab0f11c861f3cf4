import FleetModel

/// What reading manifests gives: the fleet that they ask for, and everything that is to be said about them.
public struct ManifestReading: Sendable {
    /// Nil where a diagnostic is an error, and where there is no `Fleet` document and none was required.
    public var fleet: DesiredFleet?
    /// Sorted by file, line and column; what has no position comes first. Of more than
    /// 10,000 problems the rest is left out, which the last diagnostic then says.
    public var diagnostics: [Diagnostic]

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Reads and checks manifests. All problems are reported in one run.
///
/// - Parameters:
///   - sources: read in this order; a file that is reached twice is read once.
///   - values: what variables stand for, and the environment that sensitive values may come from.
///   - requireFleet: whether it is an error that no document of kind `Fleet` is there.
public func readManifests(
    _ sources: [ManifestSource], values: ValueSources = ValueSources(), requireFleet: Bool
) -> ManifestReading {
    let problems = Problems()
    let variableFiles = VariableFiles(values.variableFiles, problems: problems)
    let variables = VariableTable(values, files: variableFiles.variables)
    let files = SourceLoader.load(sources, problems: problems)
    let tree = YAMLTree(reading: files, variables: variables, problems: problems)
    if tree.isComplete { variables.reportUnused(problems) }
    let declarations = Declarations(decoding: tree, environment: values.environment, problems: problems)
    FleetChecks(declarations, tree: tree, problems: problems).run(requireFleet: requireFleet)
    let diagnostics = problems.sorted(showingLinesOf: files.files + variableFiles.files.files)
    let valid = !diagnostics.contains { $0.severity == .error }
    return ManifestReading(fleet: valid ? declarations.fleet : nil, diagnostics: diagnostics)
}
