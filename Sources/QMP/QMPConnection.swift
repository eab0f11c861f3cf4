import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix

/// The protocol on one connection: greeting, negotiation, then replies and events. All of it runs on the channel's
/// event loop; `QMPSession` is its face to tasks.
final class QMPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias ReadyWaiter = CheckedContinuation<Result<QMPGreeting, QMPError.Reason>, Never>

    private enum Phase {
        case awaitingGreeting
        case negotiating(QMPGreeting)
        case ready(QMPGreeting)
        case closed(QMPError.Reason)
    }

    /// The id of `qmp_capabilities`; those of other requests start at 1.
    private static let negotiationID: UInt64 = 0

    private let eventLimit: Int
    private var phase = Phase.awaitingGreeting
    private var lines: LineSplitter
    private var readyWaiter: ReadyWaiter?
    private var pending = PendingReplies()
    private var outgoing = OutgoingQueue()
    private var events = EventSubscriptions()
    private var context: ChannelHandlerContext?
    /// What the system said before the channel went inactive.
    private var lastErrno: CInt?

    init(limits: QMPLimits) {
        eventLimit = limits.eventBytes
        lines = LineSplitter(limit: limits.lineBytes)
    }

    // MARK: Requests of the session

    /// Answers once, when the connection is ready or has failed.
    func whenReady(_ waiter: ReadyWaiter) {
        switch phase {
        case .ready(let greeting): waiter.resume(returning: .success(greeting))
        case .closed(let reason): waiter.resume(returning: .failure(reason))
        case .awaitingGreeting, .negotiating: readyWaiter = waiter
        }
    }

    /// Ends a handshake that took too long. Does nothing after it.
    func handshakeTimedOut(after time: Duration) {
        switch phase {
        case .awaitingGreeting: close(because: .noGreeting(after: time))
        case .negotiating: close(because: .timedOut(after: time))
        case .ready, .closed: break
        }
    }

    func send(_ request: OutgoingQueue.Request, timeout: Duration, waiter: PendingReplies.Waiter) {
        guard let context, !isClosed else { return waiter.resume(returning: .failure(reasonAfterEnd)) }
        let expiry = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
            self.pending.abandon(request.id, because: .timedOut(after: timeout))
        }
        pending.add(request.id, waiter: waiter, timeout: expiry)
        outgoing.append(request)
        flush()
    }

    func abandon(_ id: UInt64) {
        pending.abandon(id, because: .cancelled)
    }

    func subscribe(_ id: UInt64, continuation: EventSubscriptions.Continuation, limit: Int) {
        if isClosed { return continuation.finish() }
        events.add(id, continuation: continuation, limit: limit)
    }

    func unsubscribe(_ id: UInt64) {
        events.remove(id)
    }

    /// Ends the connection, and with it every wait and stream. Only the first reason counts.
    func close(because reason: QMPError.Reason) {
        if isClosed { return }
        phase = .closed(reason)
        readyWaiter?.resume(returning: .failure(reason))
        readyWaiter = nil
        pending.failAll(reason)
        outgoing.removeAll()
        events.finishAll()
        context?.close(promise: nil)
    }

    private var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    /// Why a request fails that comes after the end. A hang-up is told only to those whose requests were on their way.
    private var reasonAfterEnd: QMPError.Reason {
        switch phase {
        case .closed(.disconnected): .closed
        case .closed(let reason): reason
        case .awaitingGreeting, .negotiating, .ready: .closed
        }
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close(because: .disconnected(errno: lastErrno))
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isClosed { return }
        lines.append(unwrapInboundIn(data))
        do throws(QMPError.Reason) {
            while let line = try lines.next() {
                try receive(line)
                if isClosed { return }
            }
        } catch {
            close(because: error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(because: .disconnected(errno: lastErrno))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lastErrno = (error as? IOError)?.errnoCode
        close(because: .disconnected(errno: lastErrno))
    }

    // MARK: Lines of the server

    private func receive(_ line: Data) throws(QMPError.Reason) {
        let message: ServerMessage
        do {
            message = try JSONDecoder().decode(ServerMessage.self, from: line)
        } catch {
            throw .protocolViolation("a line starts \(String(decoding: line.prefix(60), as: UTF8.self))")
        }
        if case .awaitingGreeting = phase {
            // A client that connects while QEMU still starts may be sent an event before the greeting.
            if message.event != nil { return }
            guard let greeting = message.greeting else { throw .protocolViolation("the first line is no greeting") }
            return negotiate(greeting)
        }
        if message.event != nil {
            try publish(line)
        } else {
            try answer(message, line: line)
        }
    }

    private func negotiate(_ greeting: QMPGreeting) {
        phase = .negotiating(greeting)
        let line = #"{"execute":"qmp_capabilities","id":\#(Self.negotiationID)}"# + "\n"
        outgoing.append(.init(id: Self.negotiationID, bytes: ByteBuffer(string: line)))
        flush()
    }

    private func publish(_ line: Data) throws(QMPError.Reason) {
        guard line.count <= eventLimit else { throw .lineTooLong(limit: eventLimit) }
        guard !events.isEmpty else { return }
        do {
            events.publish(try JSONDecoder().decode(QMPEvent.self, from: line))
        } catch {
            throw .protocolViolation("an event without its members")
        }
    }

    private func answer(_ message: ServerMessage, line: Data) throws(QMPError.Reason) {
        let outcome: PendingReplies.Outcome
        if let error = message.error {
            outcome = .failure(.refused(class: QMPErrorClass(rawValue: error.class), description: error.desc))
        } else if message.hasReturn {
            outcome = .success(line)
        } else {
            throw .protocolViolation("neither greeting, event nor reply")
        }
        guard let id = message.id else { throw .protocolViolation("a reply without an id") }
        outgoing.answered(id)
        if case .negotiating(let greeting) = phase, id == Self.negotiationID {
            if case .failure(let reason) = outcome { throw reason }
            phase = .ready(greeting)
            readyWaiter?.resume(returning: .success(greeting))
            readyWaiter = nil
        } else if !pending.resolve(id, with: outcome) {
            throw .protocolViolation("a reply to request \(id), which was not asked")
        }
        flush()
    }

    // MARK: Sending

    private func flush() {
        while let context {
            switch outgoing.next() {
            case .wait: return
            case .write(let bytes):
                context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in
                    self.outgoing.writeFinished()
                    self.flush()
                }
            case .pass(let request, let descriptor):
                guard pass(descriptor, with: request.bytes, context: context) else { return }
            }
        }
    }

    /// - Returns: whether the descriptor is out. Where the socket is full, this is tried again a millisecond later.
    private func pass(_ descriptor: OwnedDescriptor, with bytes: ByteBuffer, context: ChannelHandlerContext) -> Bool {
        let sent: Result<Int, QMPError.Reason>? = try? context.pipeline.syncOperations
            .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
                bytes.withUnsafeReadableBytes { bytes in
                    Result { () throws(QMPError.Reason) in
                        try UnixSocket.send(bytes, passing: descriptor.rawValue, over: socket)
                    }
                }
            }
        switch sent {
        case .success(let count):
            outgoing.descriptorPassed(bytes: count)
            return true
        case .failure(.systemCall(_, EAGAIN)):
            context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) { self.flush() }
            return false
        case .failure(let reason):
            close(because: reason)
            return false
        case nil:
            close(because: .disconnected(errno: lastErrno))
            return false
        }
    }
}
