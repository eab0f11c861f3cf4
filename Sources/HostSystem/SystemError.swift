import SystemPackage

/// An operation on files or processes of this machine that failed.
public struct SystemError: Error, Hashable, CustomStringConvertible {
    /// What was attempted, such as `write`.
    public var operation: String
    /// On what: a path, a process.
    public var subject: String
    public var errno: Errno
    /// What to do about it, where that can be said.
    public var advice: String?

    public init(_ operation: String, _ subject: String, _ errno: Errno, advice: String? = nil) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
        self.advice = advice ?? Self.commonAdvice(errno)
    }

    private static func commonAdvice(_ errno: Errno) -> String? {
        switch errno {
        case .noSpace: "free some space on that file system"
        case .permissionDenied, .notPermitted: "run as root, or let Lodge use sudo"
        case .readOnlyFileSystem: "choose another folder with --state-dir or --run-dir"
        default: nil
        }
    }

    /// What happened, without the advice.
    public var facts: String { "cannot \(operation) \(subject): \(errno)" }

    public var description: String {
        facts + (advice.map { "; \($0)" } ?? "")
    }
}
