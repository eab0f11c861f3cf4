import FoundationEssentials
import NIOCore

/// The requests that are on their way, by id. Not thread-safe: it belongs to the connection's event loop.
struct PendingReplies {
    /// The line that answered, or why none will.
    typealias Outcome = Result<Data, QMPError.Reason>
    typealias Waiter = CheckedContinuation<Outcome, Never>

    private enum Request {
        case waiting(Waiter, timeout: Scheduled<Void>)
        /// Nobody waits any more, yet QEMU will answer.
        case abandoned
    }

    private var requests: [UInt64: Request] = [:]

    mutating func add(_ id: UInt64, waiter: Waiter, timeout: Scheduled<Void>) {
        requests[id] = .waiting(waiter, timeout: timeout)
    }

    /// Hands a reply to whoever waits for it.
    /// - Returns: false where no request has this id.
    mutating func resolve(_ id: UInt64, with outcome: Outcome) -> Bool {
        guard let request = requests.removeValue(forKey: id) else { return false }
        if case .waiting(let waiter, let timeout) = request {
            timeout.cancel()
            waiter.resume(returning: outcome)
        }
        return true
    }

    /// Ends the wait for a reply, which is dropped when it comes. Does nothing where no one waits.
    mutating func abandon(_ id: UInt64, because reason: QMPError.Reason) {
        guard case .waiting(let waiter, let timeout) = requests[id] else { return }
        requests[id] = .abandoned
        timeout.cancel()
        waiter.resume(returning: .failure(reason))
    }

    /// Ends every wait, since no reply will come.
    mutating func failAll(_ reason: QMPError.Reason) {
        for id in requests.keys.sorted() { abandon(id, because: reason) }
        requests = [:]
    }
}
