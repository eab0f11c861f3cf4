import CYAML

/// Why a file was not read to its end.
struct YAMLFailure: Error {
    let code: ProblemCode
    /// Counted from 0, as libyaml does.
    let line: Int
    let column: Int
    let summary: String
    let help: String?

    init(_ code: ProblemCode, line: Int, column: Int, _ summary: String, help: String? = nil) {
        self.code = code
        self.line = line
        self.column = column
        self.summary = summary
        self.help = help
    }

    init(_ code: ProblemCode, _ mark: yaml_mark_t, _ summary: String, help: String? = nil) {
        self.init(code, line: Int(mark.line), column: Int(mark.column), summary, help: help)
    }
}
