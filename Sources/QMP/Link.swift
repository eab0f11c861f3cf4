import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix

/// A connection as tasks see it: every use of it hops to its event loop, in the order of the calls.
struct Link: Sendable {
    let path: String
    private let channel: any Channel
    private let connection: NIOLoopBound<QMPConnection>

    /// Connects. Where the listener's queue is full of other clients, tries again until the timeout.
    static func open(path: String, timeout: Duration, limits: QMPLimits) async throws(QMPError.Reason) -> Link {
        let descriptor = try await openSocket(path: path, timeout: timeout)
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .withConnectedSocket(descriptor) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let connection = QMPConnection(limits: limits)
                        try channel.pipeline.syncOperations.addHandler(connection)
                        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
                        return Link(path: path, channel: channel, connection: bound)
                    }
                }
        } catch {
            // NIO owns the descriptor by now, and has closed it.
            throw .systemCall(name: "epoll_ctl", errno: (error as? IOError)?.errnoCode ?? EIO)
        }
    }

    private static func openSocket(path: String, timeout: Duration) async throws(QMPError.Reason) -> CInt {
        let deadline = ContinuousClock.now + timeout
        while true {
            do throws(QMPError.Reason) {
                return try UnixSocket.connect(path: path)
            } catch .systemCall(_, EAGAIN) {
                guard ContinuousClock.now < deadline else { throw .noGreeting(after: timeout) }
            }
            do {
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                throw .cancelled
            }
        }
    }

    /// Waits until the peer has greeted and taken `qmp_capabilities`. Closes the connection where that fails.
    func ready(timeout: Duration, since start: ContinuousClock.Instant) async throws(QMPError.Reason) -> QMPGreeting {
        let connection = connection
        let left = max(.zero, timeout - (ContinuousClock.now - start))
        let expiry = channel.eventLoop.scheduleTask(in: TimeAmount(left)) {
            connection.value.handshakeTimedOut(after: timeout)
        }
        defer { expiry.cancel() }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in run { $0.whenReady(waiter) } }
        } onCancel: {
            run { $0.close(because: .cancelled) }
        }.get()
    }

    /// Sends a request and waits for the line that answers it.
    func reply(to request: OutgoingQueue.Request, timeout: Duration) async throws(QMPError.Reason) -> Data {
        guard !Task.isCancelled else { throw .cancelled }
        let id = request.id
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                run { $0.send(request, timeout: timeout, waiter: waiter) }
                // A cancellation up to here has found no request to abandon.
                if Task.isCancelled { run { $0.abandon(id) } }
            }
        } onCancel: {
            run { $0.abandon(id) }
        }.get()
    }

    func close() {
        run { $0.close(because: .closed) }
    }

    func run(_ body: @escaping @Sendable (QMPConnection) -> Void) {
        let connection = connection
        channel.eventLoop.execute { body(connection.value) }
    }
}
