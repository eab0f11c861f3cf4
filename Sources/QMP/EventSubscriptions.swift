/// The readers of a connection's events. Not thread-safe: it belongs to the connection's event loop.
struct EventSubscriptions {
    typealias Continuation = AsyncStream<Result<QMPEvent, QMPError.Reason>>.Continuation

    private struct Subscription {
        let continuation: Continuation
        let limit: Int
    }

    private var subscriptions: [UInt64: Subscription] = [:]

    var isEmpty: Bool { subscriptions.isEmpty }

    /// - Parameter limit: unread events at which the stream fails; its buffer has to hold one element more.
    mutating func add(_ id: UInt64, continuation: Continuation, limit: Int) {
        subscriptions[id] = Subscription(continuation: continuation, limit: limit)
    }

    mutating func remove(_ id: UInt64) {
        subscriptions[id] = nil
    }

    mutating func publish(_ event: QMPEvent) {
        for (id, subscription) in subscriptions {
            switch subscription.continuation.yield(.success(event)) {
            case .enqueued(let remaining) where remaining <= 1:
                // The last place in the buffer is for the failure.
                subscription.continuation.yield(.failure(.eventsLost(limit: subscription.limit)))
                subscription.continuation.finish()
                subscriptions[id] = nil
            case .terminated: subscriptions[id] = nil
            default: break
            }
        }
    }

    mutating func finishAll() {
        for subscription in subscriptions.values { subscription.continuation.finish() }
        subscriptions = [:]
    }
}
