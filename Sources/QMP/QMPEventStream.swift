/// The events of a session from the moment of subscription on.
///
/// Iterating ends with `nil` when the connection ends, whoever ended it, and throws `eventsLost` where the reader fell
/// behind by the whole buffer. A stream has one reader, and keeps its session open.
public struct QMPEventStream: AsyncSequence, Sendable {
    public typealias Element = QMPEvent
    public typealias Failure = QMPError

    /// A failure is the last element.
    let elements: AsyncStream<Result<QMPEvent, QMPError.Reason>>
    let session: QMPSession

    public func makeAsyncIterator() -> Iterator {
        Iterator(elements: elements.makeAsyncIterator(), session: session)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var elements: AsyncStream<Result<QMPEvent, QMPError.Reason>>.Iterator
        let session: QMPSession

        public mutating func next() async throws(QMPError) -> QMPEvent? {
            try await next(isolation: nil)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(QMPError) -> QMPEvent? {
            switch await elements.next(isolation: actor) {
            case .success(let event): return event
            case .failure(let reason):
                throw QMPError(operation: "events", socketPath: session.socketPath, reason: reason)
            case nil: return nil
            }
        }
    }
}
