import FleetModel
import HostSystem
import QMP

/// Asks a guest to power off, through whichever of its monitors answers.
struct PowerButton: Sendable {
    /// How often it is pressed again: a system that is still booting does not hear the first time.
    private static let interval = Duration.seconds(10)

    /// How long the monitor for changes may take before the other one is tried too.
    private static let headStart = Duration.seconds(3)

    let run: GuestRunFolder
    let process: RunningGuest

    /// Presses, waits for the end of the process, and presses again until the deadline.
    ///
    /// - Returns: before the deadline only where the process has ended, or cannot end by itself.
    func press(until deadline: ContinuousClock.Instant) async -> GuestEnding {
        var ending = GuestEnding.neverAsked
        // Nobody who gives no time expects that the guest is asked.
        guard ContinuousClock.now < deadline else { return .turnedOff }
        guard Files.exists(run.qmp) || Files.exists(run.observer) else {
            return await hasEnded(within: .zero) ? .poweredOff : .noMonitor
        }
        while true {
            // Where the monitor failed at once, it is tried again a little later.
            var pause = Duration.milliseconds(200)
            if let session = await session(until: deadline) {
                // Held no longer than needed: whoever looks how the guest is waits for it.
                defer { session.close() }
                do throws(QMPError) {
                    if let state = try await press(session, until: deadline) { return .halted(state) }
                    ending = .turnedOff
                    pause = Self.interval
                } catch {}
            }
            if await hasEnded(within: min(pause, deadline - .now)) { return .poweredOff }
            guard ContinuousClock.now < deadline else { return ending }
        }
    }

    /// - Returns: the state in which the guest cannot hear; nil: it was asked.
    private func press(_ session: QMPSession, until deadline: ContinuousClock.Instant) async throws(QMPError) -> String?
    {
        let state = try await session.execute(QueryStatus(), timeout: deadline - .now).status
        switch state {
        case .running: _ = try await session.execute(SystemPowerdown(), timeout: deadline - .now)
        // It has powered off already, and its process is about to end.
        case .shutdown: break
        default: return state.text
        }
        return nil
    }

    /// A session on the monitor for changes, or, where that does not greet soon, on the other one: each serves one
    /// client at a time, and may be taken.
    ///
    /// - Returns: nil where none greeted until the deadline, or both failed.
    func session(until deadline: ContinuousClock.Instant) async -> QMPSession? {
        await withTaskGroup(of: QMPSession?.self) { group in
            group.addTask { try? await QMPSession.connect(path: run.qmp, timeout: deadline - .now) }
            group.addTask {
                do { try await Task.sleep(for: min(Self.headStart, (deadline - .now) / 4)) } catch { return nil }
                return try? await QMPSession.connect(path: run.observer, timeout: deadline - .now)
            }
            defer { group.cancelAll() }
            for await session in group {
                if let session { return session }
            }
            return nil
        }
    }

    private func hasEnded(within time: Duration) async -> Bool {
        await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: time)
    }
}
