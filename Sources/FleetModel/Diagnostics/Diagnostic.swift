/// Something to tell the user about their input or their hosts: what, where, and what to do about it.
public struct Diagnostic: Codable, Hashable, Sendable {
    public enum Severity: String, Codable, Sendable { case error, warning }

    public var severity: Severity
    /// Stable, lower case with hyphens, such as `unknown-key`; for scripts and for the documentation.
    public var code: String
    /// One sentence without a full stop: what is wrong, on what.
    public var summary: String
    /// More about it, such as the arithmetic of a refusal; may have several lines.
    public var detail: String?
    /// What to write or do instead.
    public var help: String?
    public var range: SourceRange?
    /// The text of the line that `range` points into.
    public var sourceLine: String?
    /// The object that it is about; nil: several, or none.
    public var subject: ResourceAddress?

    public init(
        _ severity: Severity, code: String, _ summary: String, detail: String? = nil, help: String? = nil,
        range: SourceRange? = nil, sourceLine: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.summary = summary
        self.detail = detail
        self.help = help
        self.range = range
        self.sourceLine = sourceLine
    }

    public static func error(
        _ code: String, _ summary: String, detail: String? = nil, help: String? = nil, range: SourceRange? = nil
    ) -> Diagnostic {
        Diagnostic(.error, code: code, summary, detail: detail, help: help, range: range)
    }

    public static func warning(
        _ code: String, _ summary: String, detail: String? = nil, help: String? = nil, range: SourceRange? = nil
    ) -> Diagnostic {
        Diagnostic(.warning, code: code, summary, detail: detail, help: help, range: range)
    }
}
