import FleetModel
import Synchronization

/// What is said while bytes come: not more than once a second.
final class FetchProgress: Sendable {
    private let report: @Sendable (String) -> Void
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(_ report: @escaping @Sendable (String) -> Void) { self.report = report }

    func say(_ text: String) { report(text) }

    /// - Parameter total: nil: not known.
    func moved(_ verb: String, to done: Int64, of total: Int64?) {
        let isDue = last.withLock { last in
            let now = ContinuousClock.now
            if let last, last.duration(to: now) < .seconds(1) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        report(Self.text(verb, done, of: total))
    }

    static func text(_ verb: String, _ done: Int64, of total: Int64?) -> String {
        guard let total, total > 0 else { return "\(verb) \(ByteCount(bytes: done).rounded)" }
        return
            "\(verb) \(ByteCount(bytes: done).rounded) of \(ByteCount(bytes: total).rounded) (\(done * 100 / total) %)"
    }
}
