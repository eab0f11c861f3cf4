import FleetModel
import HostAgent
import Reconciler
import Synchronization

/// A session whose steps a test can disturb.
struct DisturbedSession: HostSession {
    let session: any HostSession
    /// Runs around each step.
    let around: @Sendable (Step, @Sendable () async throws(HostError) -> String?) async throws(HostError) -> String?

    func observe() async throws(HostError) -> LiveHost { try await session.observe() }
    func lock(holder: String, timeout: Timespan) async throws(HostError) {
        try await session.lock(holder: holder, timeout: timeout)
    }
    func perform(
        _ step: Step, policy: HostPolicy, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) -> String? {
        try await around(step) { () throws(HostError) in
            try await session.perform(step, policy: policy, progress: progress)
        }
    }
}

/// Fails one step of all sessions that share it: before it is performed, or after.
final class Saboteur: Sendable {
    private let count = Mutex(0)
    let victim: Int
    let isLate: Bool

    init(_ victim: Int, isLate: Bool) {
        self.victim = victim
        self.isLate = isLate
    }

    func wrap(_ session: any HostSession) -> any HostSession {
        DisturbedSession(session: session) { (_, perform) throws(HostError) in
            let number = self.count.withLock { count in
                defer { count += 1 }
                return count
            }
            guard number == self.victim else { return try await perform() }
            if self.isLate { _ = try await perform() }
            throw HostError(.failed, "sabotage")
        }
    }
}

/// The events of an apply, in order.
final class EventLog: Sendable {
    private let events = Mutex<[ApplyEventRecord]>([])

    enum ApplyEventRecord: Equatable {
        case began(Int)
        case ended(Int)
        case failed(Int)
        case stopping(Int)
    }

    func add(_ event: ApplyEvent) {
        events.withLock { events in
            switch event {
            case .began(let step): events.append(.began(step.id))
            case .ended(let step, _, _): events.append(.ended(step.id))
            case .failed(let step, _, _): events.append(.failed(step.id))
            case .stopping(let running): events.append(.stopping(running))
            case .progress: break
            }
        }
    }

    var all: [ApplyEventRecord] { events.withLock { $0 } }
}
