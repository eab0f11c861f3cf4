import ArgumentParser
import FoundationEssentials
import ManifestReader

/// What `${NAME}` stands for in manifests.
struct VariableOptions: ParsableArguments {
    /// `NAME=VALUE`, as it is given.
    struct Assignment: ExpressibleByArgument, Sendable {
        let name: String
        let value: String

        init?(argument: String) {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, ValueSources.isVariableName(String(parts[0])) else { return nil }
            name = String(parts[0])
            value = String(parts[1])
        }
    }

    @Option(
        name: .customLong("var"),
        help: ArgumentHelp("What ${NAME} stands for in the manifests. Repeatable.", valueName: "name=value"))
    var assignments: [Assignment] = []

    @Option(
        name: .customLong("var-file"),
        help: ArgumentHelp(
            "A YAML file of “NAME: value” lines; --var wins over it, and it over LODGE_VAR_NAME in the environment.",
            valueName: "path"))
    var files: [String] = []

    /// The variables and the environment. Of several values for one name, the last one counts.
    var sources: ValueSources {
        ValueSources(
            variables: Dictionary(assignments.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
            variableFiles: files, environment: ProcessInfo.processInfo.environment)
    }
}
