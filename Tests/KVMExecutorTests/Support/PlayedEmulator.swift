import FleetModel
import Glibc
import HostSystem
import SystemPackage
import TestSupport

@testable import KVMExecutor

/// A process that does nothing, with the command line of a guest's QEMU: what a record can name. Ends with its last
/// reference, or with this process.
final class PlayedEmulator: Sendable {
    let entry: ProcessEntry
    private let folder = TemporaryFolder()
    /// The process lives as long as its standard input is open.
    private let input: CInt

    /// - Parameter guest: of the fleet `demo`, as ``guestDefinition(_:_:)`` makes it.
    init(_ guest: String) {
        let spec = GuestSpec(cpus: 1, memory: .mib(1), machine: .q35, accelerator: .tcg, cpuModel: "max")
        let uuid = QEMUCommandLine.uuid(guestDefinition(guest, spec))
        let program = "\(folder.path)/qemu-system-x86_64"
        var ends: [CInt] = [0, 0]
        guard symlink("/bin/sh", program) == 0, pipe(&ends) == 0,
            ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }),
            let pid = try? DetachedProcess.start(
                program, arguments: ["-c", "read line", program, "-uuid", uuid, "-m", "1"],
                descriptors: [0: ends[0]], environment: []),
            let entry = ProcessTable.entry(pid)
        else { fatalError("cannot play a QEMU: errno \(errno)") }
        close(ends[0])
        input = ends[1]
        self.entry = entry
    }

    deinit {
        end()
        var status: CInt = 0
        waitpid(entry.pid, &status, 0)
        close(input)
    }

    func end() { kill(entry.pid, SIGKILL) }

    var isAlive: Bool { ProcessTable.lives(entry.pid, startTime: entry.startTime) }

    /// The record of it.
    func running(_ spec: GuestSpec) -> RunningGuest {
        RunningGuest(
            generation: 1, spec: spec, pid: entry.pid, startTime: entry.startTime, bootID: Machine.bootID)
    }
}
