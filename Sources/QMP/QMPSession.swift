import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A session with the monitor of one QEMU over a unix socket (QEMU Machine Protocol).
///
/// Many commands may be in flight, from any tasks; replies find them by id. QEMU serves one client a socket at a time.
/// The connection ends with `close()` or with the last reference to the session and its event streams.
public final class QMPSession: Sendable {
    public let socketPath: String
    public let greeting: QMPGreeting
    private let link: Link
    /// The last id given to a request or a subscription.
    private let lastID = Atomic<UInt64>(0)

    private init(link: Link, greeting: QMPGreeting) {
        self.link = link
        self.greeting = greeting
        socketPath = link.path
    }

    deinit {
        link.close()
    }

    /// Connects, waits for the greeting and negotiates. On return, QEMU's main loop answers commands.
    ///
    /// - Parameters:
    ///   - path: a listening unix socket with a monitor in `mode=control`; at most 107 bytes.
    ///   - timeout: for all of it. A second client on a socket waits here until the first leaves.
    ///   - limits: what the session takes in from the peer.
    public static func connect(
        path: String, timeout: Duration = .seconds(5), limits: QMPLimits = QMPLimits()
    ) async throws(QMPError) -> QMPSession {
        do throws(QMPError.Reason) {
            let start = ContinuousClock.now
            let link = try await Link.open(path: path, timeout: timeout, limits: limits)
            let greeting = try await link.ready(timeout: timeout, since: start)
            return QMPSession(link: link, greeting: greeting)
        } catch {
            throw QMPError(operation: "connect", socketPath: path, reason: error)
        }
    }

    /// Runs a command and gives its reply.
    ///
    /// Cancelling the task ends the wait, not the command: QEMU has no way to take one back.
    /// - Parameter timeout: how long to wait for the reply. After it the session goes on, and drops the late reply.
    public func execute<Command: QMPCommand>(
        _ command: Command, timeout: Duration = .seconds(30)
    ) async throws(QMPError) -> Command.Reply {
        try await perform(Command.name, arguments: command, timeout: timeout)
    }

    /// Runs a command that has no type here.
    /// - Parameters:
    ///   - name: the schema name.
    ///   - arguments: an object; empty where the command takes none.
    public func execute(
        _ name: String, arguments: QMPValue = [:], timeout: Duration = .seconds(30)
    ) async throws(QMPError) -> QMPValue {
        try await perform(name, arguments: arguments, timeout: timeout)
    }

    /// `getfd`: gives QEMU a copy of a descriptor, for a later command to take by name (`netdev_add`, say).
    ///
    /// - Parameters:
    ///   - descriptor: stays the caller's, who may close it as soon as this returns or throws.
    ///   - name: not all digits. A descriptor that QEMU has under this name is closed.
    public func sendDescriptor(
        _ descriptor: CInt, named name: String, timeout: Duration = .seconds(30)
    ) async throws(QMPError) {
        let copy: OwnedDescriptor
        do throws(QMPError.Reason) {
            copy = try OwnedDescriptor(copying: descriptor)
        } catch {
            throw QMPError(operation: "getfd", socketPath: socketPath, reason: error)
        }
        let _: QMPEmptyReply = try await perform(
            "getfd", arguments: ["fdname": name], descriptor: copy, timeout: timeout)
    }

    /// `quit`: ends QEMU at once, without the guest's consent. Returns when QEMU has taken the command: it may answer
    /// or just hang up. The process lives on for a moment (0.1 to 0.35 s, measured).
    public func quit(timeout: Duration = .seconds(30)) async throws(QMPError) {
        do throws(QMPError) {
            let _: QMPEmptyReply = try await perform("quit", arguments: QMPValue.object([:]), timeout: timeout)
        } catch {
            // A session that had ended before fails with `closed`, and is no success: nothing was asked of QEMU.
            guard case .disconnected = error.reason else { throw error }
        }
    }

    /// The events from now on: those that a later command causes are among them.
    ///
    /// - Parameter limit: unread events at which the stream throws `eventsLost`.
    public func events(limit: Int = 256) -> QMPEventStream {
        let id = nextID()
        let (stream, continuation) = AsyncStream.makeStream(
            of: Result<QMPEvent, QMPError.Reason>.self, bufferingPolicy: .bufferingOldest(limit + 1))
        let link = link
        continuation.onTermination = { _ in link.run { $0.unsubscribe(id) } }
        link.run { $0.subscribe(id, continuation: continuation, limit: limit) }
        return QMPEventStream(elements: stream, session: self)
    }

    /// Ends the session: commands in flight fail with `closed`, event streams end. A second call does nothing.
    public func close() {
        link.close()
    }

    private func nextID() -> UInt64 {
        lastID.add(1, ordering: .relaxed).newValue
    }

    private func perform<Reply: Decodable>(
        _ name: String, arguments: some Encodable, descriptor: OwnedDescriptor? = nil, timeout: Duration
    ) async throws(QMPError) -> Reply {
        do throws(QMPError.Reason) {
            let id = nextID()
            let bytes = try encode(RequestMessage(execute: name, arguments: arguments, id: id))
            let request = OutgoingQueue.Request(id: id, bytes: bytes, descriptor: descriptor)
            return try decode(try await link.reply(to: request, timeout: timeout))
        } catch {
            throw QMPError(operation: name, socketPath: socketPath, reason: error)
        }
    }
}

private func encode(_ message: some Encodable) throws(QMPError.Reason) -> ByteBuffer {
    do {
        var bytes = ByteBuffer(bytes: try JSONEncoder().encode(message))
        bytes.writeInteger(UInt8(ascii: "\n"))
        return bytes
    } catch {
        throw .unencodableArguments(String(describing: error))
    }
}

private func decode<Reply: Decodable>(_ line: Data) throws(QMPError.Reason) -> Reply {
    do {
        return try JSONDecoder().decode(ReturnMessage<Reply>.self, from: line).return
    } catch {
        throw .unexpectedReply(String(describing: error))
    }
}
