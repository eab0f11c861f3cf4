import FleetModel
import HostSystem
import QMP

/// Asks a guest to power off, through whichever of its monitors answers.
struct PowerButton: Sendable {
    /// How often it is pressed again: a system that is still booting does not hear the first time.
    private static let interval = Duration.seconds(10)

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
            if let session = await session(until: deadline) {
                defer { session.close() }
                switch await press(session, until: deadline) {
                case .neverAsked: break
                case .turnedOff: ending = .turnedOff
                case let ended: return ended
                }
            }
            // Where the monitor failed at once, it is tried again a little later.
            if await hasEnded(within: min(.milliseconds(200), deadline - .now)) { return .poweredOff }
            guard ContinuousClock.now < deadline else { return ending }
        }
    }

    /// - Returns: `neverAsked` where the session failed before QEMU took the request, `turnedOff` where it failed
    ///   later or the time is over.
    private func press(_ session: QMPSession, until deadline: ContinuousClock.Instant) async -> GuestEnding {
        var ending = GuestEnding.neverAsked
        while ContinuousClock.now < deadline {
            do throws(QMPError) {
                let state = try await session.execute(QueryStatus(), timeout: deadline - .now).status
                switch state {
                case .running: _ = try await session.execute(SystemPowerdown(), timeout: deadline - .now)
                // It has powered off already, and its process is about to end.
                case .shutdown: break
                default: return .halted(state.text)
                }
                ending = .turnedOff
            } catch {
                return ending
            }
            if await hasEnded(within: min(Self.interval, deadline - .now)) { return .poweredOff }
        }
        return ending
    }

    /// A session on the first monitor that greets: each serves one client at a time, and one may be taken.
    ///
    /// - Returns: nil where none did until the deadline, or all failed.
    func session(until deadline: ContinuousClock.Instant) async -> QMPSession? {
        await withTaskGroup(of: QMPSession?.self) { group in
            for path in [run.qmp, run.observer] {
                group.addTask { try? await QMPSession.connect(path: path, timeout: deadline - .now) }
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
