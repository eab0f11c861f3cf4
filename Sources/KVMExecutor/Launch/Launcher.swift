import FleetModel
import Glibc
import HostSystem

/// What `lodge launch` does once the guest's taps are open: becomes QEMU, as an unprivileged user.
///
/// The process is root until the last moment, since a tap cannot be made otherwise; QEMU's own ways of giving up
/// privileges end in SIGSYS under the full sandbox.
public struct Launcher: Sendable {
    /// The descriptors of the listening sockets, as the agent that starts the process hands them over.
    public static let inherited: (qmp: CInt, observer: CInt, console: CInt, agent: CInt) = (3, 4, 5, 6)

    /// The command line, without the program, of the process that becomes the guest.
    static func arguments(_ definition: GuestDefinition, layout: HostLayout) -> [String] {
        [
            "launch", "--state-dir", layout.stateFolder, "--run-dir", layout.runFolder,
            "\(definition.owner.fleet)/\(definition.name)",
        ]
    }

    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// Never returns where it succeeds.
    ///
    /// - Parameters:
    ///   - taps: in the order of the guest's NICs.
    ///   - loggerArguments: this program's arguments that make it the console's logger.
    public func become(
        _ definition: GuestDefinition, taps: [CInt], loggerArguments: [String]
    ) throws(ExecutorError) -> Never {
        let operation = "launch guest \(definition.name)"
        guard let qemu = Command.find(Emulator.program) else {
            throw ExecutorError(operation, "\(Emulator.program) is not installed", advice: Emulator.installAdvice)
        }
        let user = try SystemUser.find()
        try recordProcess(definition)
        do throws(SystemError) {
            try dropPrivileges(to: user, accelerator: definition.spec.accelerator)
            let log = try startLogger(definition, arguments: loggerArguments)
            let tpm = definition.spec.hasTPM ? try startTPM(definition) : nil
            let descriptors = QEMUCommandLine.Descriptors(
                qmp: Self.inherited.qmp, observer: Self.inherited.observer, console: Self.inherited.console,
                agent: Self.inherited.agent, consoleLog: log, taps: taps, tpm: tpm)
            let inherited = [Self.inherited.qmp, Self.inherited.observer, Self.inherited.console, Self.inherited.agent]
            try DetachedProcess.handOver(inherited + taps + [log] + (tpm.map { [$0] } ?? []))
            let arguments = QEMUCommandLine(definition, layout: layout, descriptors: descriptors).arguments
            var argv = ([qemu] + arguments).map { strdup($0) } + [nil]
            execv(qemu, &argv)
            throw SystemError.now("start", qemu)
        } catch {
            throw ExecutorError(operation, error)
        }
    }

    /// `running.json`: this process, which is about to be the guest.
    private func recordProcess(_ definition: GuestDefinition) throws(ExecutorError) {
        guard let process = ProcessTable.entry(getpid()) else {
            throw ExecutorError("launch guest \(definition.name)", "/proc does not show this process")
        }
        let running = RunningGuest(
            generation: definition.generation, spec: definition.spec, pid: process.pid, startTime: process.startTime,
            bootID: Machine.bootID)
        do { try GuestStore(layout: layout).write(running, of: definition.id) } catch {
            throw ExecutorError("launch guest \(definition.name)", error)
        }
    }

    /// Groups first, then group, then user: the other order would leave no right to do the rest. For root, setgid(2)
    /// and setuid(2) set the real, the effective and the saved id at once. The one extra group is that of
    /// `/dev/kvm`, by number.
    private func dropPrivileges(to user: SystemUser, accelerator: Accelerator) throws(SystemError) {
        var groups: [gid_t] = []
        if accelerator == .kvm, let group = SystemUser.group(owning: "/dev/kvm"), group != 0 { groups = [group] }
        guard setgroups(groups.count, groups) == 0, setgid(user.group) == 0, setuid(user.user) == 0
        else { throw .now("become", "user \(SystemUser.name)") }
        guard setuid(0) != 0 else { throw SystemError("give up", "root", .notPermitted) }
    }

    /// - Returns: the pipe's end that QEMU writes to.
    private func startLogger(_ definition: GuestDefinition, arguments: [String]) throws(SystemError) -> CInt {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw .now("make", "a pipe")
        }
        defer { close(ends[0]) }
        let folder = layout.guest(definition.owner.fleet, definition.name).consoleFolder
        _ = try DetachedProcess.start(
            try Machine.thisProgram(), arguments: arguments + [folder], descriptors: [0: ends[0]],
            environment: [])
        return ends[1]
    }

    /// Starts the process that is the guest's TPM. Its other end of the socket is this process's alone, so that it ends
    /// with this one, whatever this one has become by then.
    ///
    /// - Returns: the end for QEMU.
    private func startTPM(_ definition: GuestDefinition) throws(SystemError) -> CInt {
        guard let program = Command.find(TPMProcess.program) else {
            throw SystemError(
                "start", TPMProcess.program, .noSuchFileOrDirectory, advice: "install it: apt-get install swtpm")
        }
        var ends: [CInt] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .now("make", "a pair of sockets")
        }
        defer { close(ends[0]) }
        let folder = layout.guest(definition.owner.fleet, definition.name).tpm
        guard chdir(folder) == 0 else { throw .now("open", folder) }
        defer { chdir("/") }
        let control: CInt = 3
        _ = try DetachedProcess.start(
            program, arguments: TPMProcess.arguments(control: control, run: layout.guestRun(definition.id)),
            descriptors: [1: 2, 2: 2, control: ends[0]], environment: [])
        return ends[1]
    }
}
