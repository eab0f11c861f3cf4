import FleetModel
import HostSystem
import QMP

/// An operation on a guest, a disk or the cache that failed.
public struct ExecutorError: Error, CustomStringConvertible {
    /// What was attempted, such as `start guest web-1`.
    public var operation: String
    /// What happened, with the words of whatever failed.
    public var reason: String
    /// What to do about it.
    public var advice: String?

    public init(_ operation: String, _ reason: String, advice: String? = nil) {
        self.operation = operation
        self.reason = reason
        self.advice = advice
    }

    init(_ operation: String, _ error: SystemError) { self.init(operation, error.description) }
    init(_ operation: String, _ error: JSONFile.Failure) { self.init(operation, error.description) }
    init(_ operation: String, _ error: CommandError) { self.init(operation, error.description) }
    init(_ operation: String, _ error: QMPError) { self.init(operation, error.description) }

    public var description: String {
        "cannot \(operation): \(reason)" + (advice.map { "\n  to do: \($0)" } ?? "")
    }
}
