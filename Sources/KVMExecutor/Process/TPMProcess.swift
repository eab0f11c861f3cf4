import FleetModel
import Glibc
import HostSystem

/// A process that is a guest's TPM: swtpm, which speaks with the guest's QEMU through a pair of sockets that nobody
/// else has, and ends when that one is gone. Its command line names a file in the guest's run folder: so it is known.
struct TPMProcess {
    static let program = "swtpm"

    let entry: ProcessEntry
    let guest: ObjectID

    /// Nil: the process is no guest's TPM of this instance.
    init?(_ entry: ProcessEntry, layout: HostLayout) {
        guard entry.arguments.first?.split(separator: "/").last == "swtpm",
            let file = entry.arguments.first(where: { $0.hasPrefix(Self.prefix(layout)) }),
            let id = file.dropFirst(Self.prefix(layout).count).split(separator: "/").first.map(String.init),
            let guest = ObjectID(parsing: id), file == Self.mark(layout.guestRun(guest))
        else { return nil }
        self.entry = entry
        self.guest = guest
    }

    private static func prefix(_ layout: HostLayout) -> String { "file=\(layout.guestRunsFolder)/" }
    private static func mark(_ run: GuestRunFolder) -> String { "file=\(run.tpmPID)" }

    /// The guest's, as its pid file says; nil: none lives.
    static func live(of guest: ObjectID, layout: HostLayout) -> TPMProcess? {
        let text = Files.text(layout.guestRun(guest).tpmPID) ?? ""
        guard let pid = Int32(text.filter { !$0.isWhitespace }), let entry = ProcessTable.entry(pid), !entry.isDead,
            let process = TPMProcess(entry, layout: layout), process.guest == guest
        else { return nil }
        return process
    }

    /// The arguments of swtpm (swtpm(8) of 0.7), for a process that works inside the folder of the TPM's state: a rename
    /// of the guest then does not matter.
    ///
    /// - Parameter control: a connected socket, at whose other end QEMU will be; swtpm ends with it.
    static func arguments(control: CInt, run: GuestRunFolder) -> [String] {
        [
            "socket", "--tpm2", "--ctrl", "type=unixio,clientfd=\(control)", "--tpmstate", "dir=.", "--terminate",
            "--flags", "not-need-init,startup-clear", "--seccomp", "action=kill", "--pid", mark(run),
        ]
    }

    /// What it takes of its host.
    var cost: StrangerProcess {
        StrangerProcess(pid: entry.pid, name: Self.program, memory: MemoryCost.tpm, cpus: 0)
    }

    /// Waits for the end that comes with its QEMU's, and brings it about where it does not.
    func end() async {
        if await ProcessTable.waitForEnd(entry.pid, startTime: entry.startTime, timeout: .seconds(2)) { return }
        await kill()
    }

    func kill() async {
        try? ProcessTable.signal(entry.pid, startTime: entry.startTime, SIGKILL)
        _ = await ProcessTable.waitForEnd(entry.pid, startTime: entry.startTime, timeout: .seconds(10))
    }

    /// Every one of the guest's, those of earlier runs included.
    static func all(of guest: ObjectID, layout: HostLayout) -> [TPMProcess] {
        ProcessTable.all().compactMap { TPMProcess($0, layout: layout) }.filter { $0.guest == guest }
    }
}
