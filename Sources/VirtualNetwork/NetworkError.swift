import HostSystem
import Netlink

/// What could not be done to a network of this host.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, such as `make the bridge`.
    public var operation: String
    /// On what: a network, an interface, a file.
    public var subject: String
    /// What happened.
    public var reason: String
    /// What to do about it, where that can be said.
    public var advice: String?

    public init(_ operation: String, _ subject: String, _ reason: String, advice: String? = nil) {
        self.operation = operation
        self.subject = subject
        self.reason = reason
        self.advice = advice
    }

    public var description: String {
        "cannot \(operation) \(subject): \(reason)" + (advice.map { "; \($0)" } ?? "")
    }

    /// The same failure in this module's terms.
    init(_ error: any Error) {
        switch error {
        case let error as NetworkError:
            self = error
        case let error as NetlinkError:
            let reason = error.errno.map { "\($0)" } ?? "\(error.reason)"
            self.init(
                error.operation.rawValue, error.subject, reason + (error.kernelText.map { " (\($0))" } ?? ""),
                advice: error.advice)
        case let error as SystemError:
            self.init(error.operation, error.subject, "\(error.errno)", advice: error.advice)
        case let error as CommandError:
            let output = error.output.isEmpty ? "" : ": \(error.output)"
            self.init("run", "`\(error.command)`", error.outcome + output, advice: error.advice)
        default:
            self.init("work on", "the host's networks", "\(error)")
        }
    }
}
