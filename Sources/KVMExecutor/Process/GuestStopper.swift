import FleetModel
import Glibc
import HostSystem
import QMP

/// Ends the process of a guest.
public struct GuestStopper: Sendable {
    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// Presses the power button, waits, then turns the guest off. That it does not run is no error. A process whose
    /// record is gone is known by its UUID, and ended as well.
    ///
    /// - Parameter grace: how long the guest may take, from now on; zero: it is not asked.
    /// - Throws: where it is not known which process the guest's is, and where that does not end.
    public func stop(_ guest: GuestReference, grace: Timespan) async throws(ExecutorError) -> GuestEnding {
        guard let process = try process(of: guest) else {
            await removeTraces(guest)
            return .poweredOff
        }
        let button = PowerButton(run: layout.guestRun(guest.id), process: process)
        let ending = await button.press(until: ContinuousClock.now + grace.duration)
        if ending != .poweredOff { try await turnOff(guest, process, button) }
        await removeTraces(guest)
        return ending
    }

    private func turnOff(
        _ guest: GuestReference, _ process: RunningGuest, _ button: PowerButton
    ) async throws(ExecutorError) {
        let wait = Duration.seconds(5)
        if let session = await button.session(until: ContinuousClock.now + wait) {
            defer { session.close() }
            try? await session.quit(timeout: wait)
            if await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: wait) { return }
        }
        do { try ProcessTable.signal(process.pid, startTime: process.startTime, SIGKILL) } catch {
            throw ExecutorError("stop guest \(guest.name)", error)
        }
        guard await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: wait * 2) else {
            throw ExecutorError(
                "stop guest \(guest.name)", "process \(process.pid) does not end, not even by SIGKILL",
                advice: "look for storage that does not answer: cat /proc/\(process.pid)/stack")
        }
    }

    /// Ends whatever process the guest has, at once.
    func kill(_ guest: GuestReference) async {
        if let process = try? process(of: guest) {
            try? ProcessTable.signal(process.pid, startTime: process.startTime, SIGKILL)
            _ = await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .seconds(10))
        }
        await removeTraces(guest)
    }

    /// By its record, or where that is gone by its UUID.
    private func process(of guest: GuestReference) throws(ExecutorError) -> RunningGuest? {
        let store = GuestStore(layout: layout)
        guard store.exists(guest.fleet, guest.name) else { return nil }
        let definition = try store.definition(guest.fleet, guest.name)
        if let process = try? store.liveProcess(definition) { return process }
        return EmulatorProcess.guest(definition, among: EmulatorProcess.all())
    }

    /// What ends with the guest's process, or should: its TPM's, and its run folder.
    private func removeTraces(_ guest: GuestReference) async {
        if Files.exists(layout.guestRun(guest.id).tpmPID) {
            for tpm in TPMProcess.all(of: guest.id, layout: layout) { await tpm.end() }
        }
        try? Files.removeTree(layout.guestRun(guest.id).path)
    }
}
