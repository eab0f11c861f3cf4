import FleetModel
import Glibc
import HostSystem
import QMP

/// Ends the process of a guest.
public struct GuestStopper: Sendable {
    let layout: HostLayout
    /// How often the power button is pressed again: a system that is still booting does not hear the first time.
    private static let pressInterval = Duration.seconds(10)

    public init(layout: HostLayout) { self.layout = layout }

    /// Presses the power button, waits, then turns the guest off. That it does not run is no error. A process whose
    /// record is gone is known by its UUID, and ended as well.
    ///
    /// - Returns: true where the guest powered itself off, false where it had to be turned off.
    public func stop(_ guest: GuestReference, grace: Timespan) async throws(ExecutorError) -> Bool {
        guard let process = process(of: guest) else {
            removeRunFolder(guest)
            return true
        }
        let run = layout.guestRun(guest.id)
        var graceful = false
        if let session = try? await QMPSession.connect(path: run.qmp, timeout: .seconds(5)) {
            defer { session.close() }
            if let status = try? await session.execute(QueryStatus(), timeout: .seconds(5)), status.status == .running {
                graceful = await powerDown(session, process: process, grace: grace.duration)
            }
            if !graceful { try? await session.quit(timeout: .seconds(5)) }
        }
        if !(await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .seconds(5))) {
            do { try ProcessTable.signal(process.pid, startTime: process.startTime, SIGKILL) } catch {
                throw ExecutorError("stop guest \(guest.name)", error)
            }
            guard await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .seconds(10)) else {
                throw ExecutorError(
                    "stop guest \(guest.name)", "process \(process.pid) does not end, not even by SIGKILL",
                    advice: "look for storage that does not answer: cat /proc/\(process.pid)/stack")
            }
        }
        removeRunFolder(guest)
        return graceful
    }

    /// Ends whatever process the guest has, at once.
    func kill(_ guest: GuestReference) async {
        if let process = process(of: guest) {
            try? ProcessTable.signal(process.pid, startTime: process.startTime, SIGKILL)
            _ = await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .seconds(10))
        }
        removeRunFolder(guest)
    }

    /// By its record, or where that is gone by its UUID.
    private func process(of guest: GuestReference) -> RunningGuest? {
        let store = GuestStore(layout: layout)
        if let process = try? store.liveProcess(guest.id) { return process }
        guard let definition = try? store.definition(guest.fleet, guest.name) else { return nil }
        return EmulatorProcess.guest(definition, among: EmulatorProcess.all())
    }

    private func powerDown(_ session: QMPSession, process: RunningGuest, grace: Duration) async -> Bool {
        let deadline = ContinuousClock.now + grace
        repeat {
            _ = try? await session.execute(SystemPowerdown(), timeout: .seconds(5))
            let wait = min(Self.pressInterval, deadline - ContinuousClock.now)
            if await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: wait) { return true }
        } while ContinuousClock.now < deadline
        return false
    }

    private func removeRunFolder(_ guest: GuestReference) {
        try? Files.removeTree(layout.guestRun(guest.id).path)
    }
}
