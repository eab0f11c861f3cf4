/// Where values come from that manifests name and do not have: variables, and the environment of the command.
public struct ValueSources: Sendable {
    /// What `${NAME}` stands for, by name, as `--var` gives it. Wins over the files and the environment.
    public var variables: [String: String]
    /// Paths of YAML files with a mapping from names to values; a later one wins over an earlier one, and all win over
    /// the environment.
    public var variableFiles: [String]
    /// Variables of the environment: `LODGE_VAR_NAME` is what `${NAME}` stands for; `valueFrom: {env: NAME}` may name
    /// any of them.
    public var environment: [String: String]

    public init(
        variables: [String: String] = [:], variableFiles: [String] = [], environment: [String: String] = [:]
    ) {
        self.variables = variables
        self.variableFiles = variableFiles
        self.environment = environment
    }

    /// Whether a text can be a variable's name: letters, digits and `_`, no digit first, at most 128 characters.
    public static func isVariableName(_ text: String) -> Bool { VariableText.isName(text) }
}
