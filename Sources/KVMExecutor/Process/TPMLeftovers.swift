import FleetModel
import HostSystem

/// Processes of TPMs whose guests do not run, or have another one.
struct TPMLeftovers {
    let layout: HostLayout
    let guests: [LiveGuest]

    /// One ends a moment after its guest: it is waited for.
    private static let patience = Duration.milliseconds(500)

    func list(among processes: [ProcessEntry]) async -> [Leftover] {
        var leftovers: [Leftover] = []
        for process in processes.compactMap({ TPMProcess($0, layout: layout) }) where !isInUse(process) {
            let (pid, start) = (process.entry.pid, process.entry.startTime)
            if await ProcessTable.waitForEnd(pid, startTime: start, timeout: Self.patience) { continue }
            leftovers.append(
                Leftover(
                    kind: .tpmProcess, subject: "\(pid)",
                    proof: "its command line names \(layout.guestRun(process.guest).tpmPID)",
                    fleet: owner(of: process), process: process.cost))
        }
        return leftovers
    }

    private func isInUse(_ process: TPMProcess) -> Bool {
        guard let guest = guests.first(where: { $0.definition.id == process.guest }), guest.hasProcess else {
            return false
        }
        // Until the process has written its file, it may be any that names it.
        let recorded = TPMProcess.live(of: process.guest, layout: layout)
        return recorded == nil || recorded?.entry.pid == process.entry.pid
    }

    private func owner(of process: TPMProcess) -> Name? {
        guests.first { $0.definition.id == process.guest }?.definition.owner.fleet
    }
}
