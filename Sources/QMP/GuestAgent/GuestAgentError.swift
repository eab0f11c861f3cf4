/// Why the agent in a guest did not do what it was asked to. Its words are another machine's: they are cut and freed of
/// control characters here.
public struct GuestAgentError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Error, Sendable, Equatable {
        /// The channel cannot be opened: socket(2) or connect(2) failed with this errno.
        case systemCall(name: String, errno: CInt)
        case pathTooLong(bytes: Int)
        /// No answer in time: there is no agent, it hangs, or somebody else holds the channel.
        case timedOut(after: Duration)
        /// QEMU's end closed.
        case disconnected
        case cancelled
        /// The agent understood the command and refused it.
        case refused(class: String, description: String)
        /// What came is not the protocol, or more than was asked for.
        case violation(String)
    }

    /// The schema name of the command.
    public let operation: String
    public let reason: Reason

    public var description: String {
        let happened =
            switch reason {
            case .systemCall(let name, let code): "\(name): \(errnoText(code))"
            case .pathTooLong(let bytes): "the path of its channel has \(bytes) bytes, a unix socket's may have 107"
            case .timedOut(let time): "no answer within \(time.components.seconds) s"
            case .disconnected: "the guest ended"
            case .cancelled: "interrupted"
            case .refused(_, let text): printable(text)
            case .violation(let text): "it does not speak the protocol: \(printable(text))"
            }
        return "guest agent, \(operation): \(happened)"
    }
}
