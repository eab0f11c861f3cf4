import Glibc

/// Why a QMP operation did not succeed: what was attempted, on which socket, what happened and what to do.
public struct QMPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `connect`, `events`, or the schema name of the command.
    public let operation: String
    /// The unix socket that the session uses.
    public let socketPath: String
    public let reason: Reason

    public init(operation: String, socketPath: String, reason: Reason) {
        self.operation = operation
        self.socketPath = socketPath
        self.reason = reason
    }

    public enum Reason: Error, Equatable {
        /// The path has this many bytes; `sun_path` holds 107 and a zero (unix(7)).
        case pathTooLong(bytes: Int)
        /// socket(2), connect(2) or the passing of a descriptor failed with this errno.
        case systemCall(name: String, errno: CInt)
        /// Connected (or queued for it), but no greeting came: QEMU serves one client a socket, and greets the next
        /// one when the first leaves.
        case noGreeting(after: Duration)
        /// No reply in time. The command may still take effect; its late reply is dropped.
        case timedOut(after: Duration)
        /// The waiting task was cancelled. A command already sent may still take effect.
        case cancelled
        /// QEMU's end closed while this was waited for; with the errno where the system gave one.
        case disconnected(errno: CInt?)
        /// `close()` was called, or the connection had ended before this was asked: nothing was sent.
        case closed
        /// QEMU understood the command and refused it.
        case refused(class: QMPErrorClass, description: String)
        /// The peer sent something that is not QMP; the session is closed.
        case protocolViolation(String)
        /// The peer sent a line above the limit in bytes; the session is closed.
        case lineTooLong(limit: Int)
        /// The reply is JSON without the expected members: the QEMU is too old, too new, or lies.
        case unexpectedReply(String)
        /// The arguments cannot be written as JSON (a number that is not finite).
        case unencodableArguments(String)
        /// As many events as the stream buffers were left unread: what followed is lost.
        case eventsLost(limit: Int)
    }

    public var description: String {
        "QMP \(operation) on \(socketPath): \(reason.happened); \(reason.advice)"
    }
}

extension QMPError.Reason {
    /// What happened, in words for the reader.
    fileprivate var happened: String {
        switch self {
        case .pathTooLong(let bytes): "the path has \(bytes) bytes, a unix socket's may have 107"
        case .systemCall(let name, let code): "\(name): \(errnoText(code))"
        case .noGreeting(let time): "no greeting within \(time)"
        case .timedOut(let time): "no reply within \(time)"
        case .cancelled: "cancelled while waiting"
        case .disconnected(nil): "QEMU closed the connection"
        case .disconnected(let code?): "the connection broke: \(errnoText(code))"
        case .closed: "the session has ended"
        case .refused(let kind, let text): "QEMU refused (\(printable(kind.rawValue))): \(printable(text))"
        case .protocolViolation(let text): "not QMP: \(printable(text))"
        case .lineTooLong(let limit): "a line of more than \(limit) bytes"
        case .unexpectedReply(let text): "the reply does not have the schema's shape: \(printable(text))"
        case .unencodableArguments(let text): "the arguments have no JSON form: \(printable(text))"
        case .eventsLost(let limit): "\(limit) events were left unread and later ones are lost"
        }
    }

    /// What to do about it.
    fileprivate var advice: String {
        switch self {
        case .pathTooLong: "use a shorter run folder"
        case .systemCall(_, ENOENT), .systemCall(_, ECONNREFUSED):
            "QEMU is not running, or has not made its socket yet"
        case .systemCall(_, EACCES), .systemCall(_, EPERM): "run as root or as the user that owns the socket"
        case .systemCall: "check the socket and the limits of this process"
        case .noGreeting:
            "QEMU greets one client at a time, so another client probably holds this socket (or QEMU hangs): "
                + "close that client or use the second socket"
        case .timedOut: "check that QEMU is not stopped or waiting for storage, and query the state before a retry"
        case .cancelled: "query the state before a retry, since a command already sent may take effect"
        case .disconnected: "QEMU has ended or is ending: see its log and exit status"
        case .closed: "connect again"
        case .refused(.commandNotFound, _): "this QEMU lacks the command: check its version"
        case .refused(.deviceNotFound, _): "list the devices again, since this one is gone"
        case .refused: "correct what the message names, then try again"
        case .protocolViolation, .lineTooLong: "check that the socket is QEMU's monitor in mode=control"
        case .unexpectedReply: "check the version of QEMU"
        case .unencodableArguments: "correct the arguments"
        case .eventsLost: "query the state, and read events faster or with a larger buffer"
        }
    }
}

/// The text of an errno (strerror(3), thread-safe in glibc since 2.32).
func errnoText(_ code: CInt) -> String {
    String(cString: strerror(code))
}

/// Text of a peer that need not be friendly: cut to 1,000 characters, with control characters replaced, so that it
/// cannot drive a terminal.
func printable(_ text: String) -> String {
    String(
        text.prefix(1000).map { character in
            let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control }
            return isControl ? "\u{FFFD}" : character
        })
}
