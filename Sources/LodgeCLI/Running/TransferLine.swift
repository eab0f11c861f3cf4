import FleetModel
import Synchronization

/// How far a transfer is: on a terminal one line that changes, else nothing until it ends.
final class TransferLine: Sendable {
    private let subject: String
    private let isQuiet: Bool
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(_ subject: String, isQuiet: Bool) {
        self.subject = subject
        self.isQuiet = isQuiet
    }

    private var isLive: Bool { !isQuiet && Terminal.output.isTerminal }

    func show(_ text: String) {
        // To the line's start, and erase it (ECMA-48: CR, EL).
        if isLive { Terminal.output.write("\r\u{1B}[K\(subject): \(text.visible)") }
    }

    /// Not more than five times a second.
    func show(_ verb: String, _ done: Int64, of total: Int64) {
        let isDue = last.withLock { last in
            let now = ContinuousClock.now
            if let last, last.duration(to: now) < .milliseconds(200) { return false }
            last = now
            return true
        }
        guard isDue, isLive, total > 0 else { return }
        show(
            "\(verb) \(ByteCount(bytes: done).rounded) of \(ByteCount(bytes: total).rounded) (\(done * 100 / total) %)")
    }

    func end(_ text: String) {
        guard !isQuiet else { return }
        Terminal.output.write((isLive ? "\r\u{1B}[K" : "") + "\(subject): \(text)\n")
    }
}

/// A sum that several tasks add to.
final class Counter: Sendable {
    private let sum = Mutex<Int64>(0)

    /// - Returns: the sum with it.
    func add(_ count: Int) -> Int64 {
        sum.withLock { sum in
            sum += Int64(count)
            return sum
        }
    }
}
