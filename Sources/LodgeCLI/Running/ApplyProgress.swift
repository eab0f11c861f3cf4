import FleetModel
import FoundationEssentials
import Reconciler
import Synchronization

/// Shows an apply while it runs: a line as something happens, and on a terminal a line for each step in flight.
final class ApplyProgress: Sendable {
    private struct Running {
        var step: Step
        var since: ContinuousClock.Instant
        var text: String?
        var lastReminder: ContinuousClock.Instant
        /// When a line of a download was written.
        var lastLine: ContinuousClock.Instant?
    }

    private struct State {
        var running: [Int: Running] = [:]
        /// Lines of the block at the end of the terminal that are drawn again.
        var drawn = 0
    }

    private let terminal: Terminal
    private let style: TextStyle
    private let format: DocumentOptions.Format
    private let state = Mutex(State())
    private static let reminderInterval = Duration.seconds(10)

    init(format: DocumentOptions.Format, style: TextStyle) {
        self.format = format
        // Standard output is the comment's.
        terminal = format == .markdown ? Terminal.errors : Terminal.output
        self.style = format == .markdown ? Terminal.errors.style : style
    }

    private var isLive: Bool { format != .json && terminal.isTerminal }

    func report(_ event: ApplyEvent) {
        if format == .json { return terminal.write(ApplyEventLine.of(event)) }
        state.withLock { state in
            var lines = ""
            switch event {
            case .began(let step):
                state.running[step.id] = Running(step: step, since: .now, lastReminder: .now)
                if !isLive { lines = "\(step.address): \(step.verb)…\n" }
            case .progress(let step, let text):
                state.running[step.id]?.text = text
                if !isLive, isDue(step, &state) { lines = "\(step.address): \(text.visible)\n" }
            case .ended(let step, let elapsed, let remark):
                state.running[step.id] = nil
                lines =
                    "\(step.address): \(step.verb) \(style.paint("done", .added)) (\(elapsed.seconds))"
                    + (remark.map { "; \($0.visible)" } ?? "") + "\n"
            case .failed(let step, let elapsed, let reason):
                state.running[step.id] = nil
                lines =
                    "\(step.address): \(step.verb) \(style.paint("failed", .error)) (\(elapsed.seconds))\n"
                    + reason.split(separator: "\n").map { "  \(String($0).visible)\n" }.joined()
            case .stopping(let running):
                lines =
                    "Stopping: \(counted(running, "running step")) will end, nothing new begins. "
                    + "Once more to leave at once.\n"
            }
            draw(lines, &state)
        }
    }

    /// False for a download that said something a short while ago: it does so each second.
    private func isDue(_ step: Step, _ state: inout State) -> Bool {
        guard case .fetchImage = step.operation else { return true }
        let now = ContinuousClock.now
        state.running[step.id]?.lastReminder = now
        if let last = state.running[step.id]?.lastLine, last.duration(to: now) < Self.reminderInterval { return false }
        state.running[step.id]?.lastLine = now
        return true
    }

    /// Keeps elapsed times moving until the task is cancelled.
    func tick() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(isLive ? 200 : 1_000))
            guard format != .json else { continue }
            state.withLock { state in
                guard !isLive else { return draw("", &state) }
                for (id, running) in state.running
                where running.lastReminder.duration(to: .now) >= Self.reminderInterval {
                    state.running[id]?.lastReminder = .now
                    let elapsed = running.since.duration(to: .now).seconds
                    terminal.write("\(running.step.address): still at \(running.step.verb) (\(elapsed))\n")
                }
            }
        }
    }

    /// Writes lines that stay, and below them on a terminal the steps in flight.
    private func draw(_ lines: String, _ state: inout State) {
        guard isLive else { return terminal.write(lines) }
        // Up to the first line of the block, and erase from there (ECMA-48: CPL, ED).
        var text = state.drawn > 0 ? "\u{1B}[\(state.drawn)F\u{1B}[J" : ""
        text += lines
        for running in state.running.values.sorted(by: { $0.step.id < $1.step.id }) {
            let elapsed = running.since.duration(to: .now).seconds
            text +=
                style.paint(
                    "  \(running.step.address): \((running.text ?? running.step.verb).visible)… \(elapsed)", .faint)
                + "\n"
        }
        state.drawn = state.running.count
        terminal.write(text)
    }
}
