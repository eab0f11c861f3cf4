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
    }

    private struct State {
        var running: [Int: Running] = [:]
        /// Lines of the block at the end of the terminal that are drawn again.
        var drawn = 0
    }

    private let terminal: Terminal
    private let style: TextStyle
    private let format: OutputOptions.Format
    private let state = Mutex(State())
    private static let reminderInterval = Duration.seconds(10)

    init(_ output: OutputOptions) {
        terminal = Terminal.output
        style = output.style
        format = output.format
    }

    private var isLive: Bool { format == .text && terminal.isTerminal }

    func report(_ event: ApplyEvent) {
        if format == .json { return terminal.write(eventLine(event)) }
        state.withLock { state in
            var lines = ""
            switch event {
            case .began(let step):
                state.running[step.id] = Running(step: step, since: .now, lastReminder: .now)
                if !isLive { lines = "\(step.address): \(step.verb)…\n" }
            case .progress(let step, let text):
                state.running[step.id]?.text = text
                if !isLive { lines = "\(step.address): \(text)\n" }
            case .ended(let step, let elapsed, let remark):
                state.running[step.id] = nil
                lines =
                    "\(step.address): \(step.verb) \(style.paint("done", .added)) (\(elapsed.seconds))"
                    + (remark.map { "; \($0)" } ?? "") + "\n"
            case .failed(let step, let elapsed, let reason):
                state.running[step.id] = nil
                lines =
                    "\(step.address): \(step.verb) \(style.paint("failed", .error)) (\(elapsed.seconds))\n"
                    + "  " + reason.replacing("\n", with: "\n  ") + "\n"
            case .stopping(let running):
                lines =
                    "Stopping: \(counted(running, "running step")) will end, nothing new begins. "
                    + "Once more to leave at once.\n"
            }
            draw(lines, &state)
        }
    }

    /// Keeps elapsed times moving until the task is cancelled.
    func tick() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(isLive ? 200 : 1_000))
            guard format == .text else { continue }
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
                style.paint("  \(running.step.address): \(running.text ?? running.step.verb)… \(elapsed)", .faint)
                + "\n"
        }
        state.drawn = state.running.count
        terminal.write(text)
    }

    // MARK: JSON, an event a line

    private struct EventLine: Encodable {
        var type: String
        var address: ResourceAddress?
        var host: Name?
        var verb: String?
        var step: Int?
        var elapsedMilliseconds: Int64?
        var text: String?

        enum CodingKeys: String, CodingKey {
            case type, address, host, verb, step, text
            case elapsedMilliseconds = "elapsed_ms"
        }
    }

    private func eventLine(_ event: ApplyEvent) -> String {
        func line(_ type: String, _ step: Step, _ elapsed: Duration? = nil, _ text: String? = nil) -> EventLine {
            EventLine(
                type: type, address: step.address, host: step.host, verb: step.verb, step: step.id,
                elapsedMilliseconds: elapsed.map {
                    $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000
                },
                text: text)
        }
        let value =
            switch event {
            case .began(let step): line("step_began", step)
            case .progress(let step, let text): line("step_progress", step, nil, text)
            case .ended(let step, let elapsed, let remark): line("step_ended", step, elapsed, remark)
            case .failed(let step, let elapsed, let reason): line("step_failed", step, elapsed, reason)
            case .stopping(let running): EventLine(type: "stopping", text: "\(running) running")
            }
        return String(decoding: CanonicalJSON.bytes(of: value), as: UTF8.self) + "\n"
    }
}
