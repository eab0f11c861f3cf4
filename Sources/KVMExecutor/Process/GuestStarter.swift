import FleetModel
import Glibc
import HostSystem
import QMP

/// Starts the process of a defined guest.
public struct GuestStarter: Sendable {
    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// Returns once QEMU answers on its monitor and the guest's processors execute.
    ///
    /// - Throws: with QEMU's own last words where it dies; then nothing of the process is left.
    public func start(_ definition: GuestDefinition) async throws(ExecutorError) {
        let operation = "start guest \(definition.name)"
        let run = layout.guestRun(definition.id)
        let pid: Int32
        do {
            // One of a run that was cut off would write to the state that the new one reads.
            if definition.spec.hasTPM {
                for tpm in TPMProcess.all(of: definition.id, layout: layout) { await tpm.kill() }
            }
            try prepareFolders(definition, user: try SystemUser.find())
            try await Seed(definition).ensure(at: layout.guest(definition.owner.fleet, definition.name).seed)
            pid = try launch(definition, run: run)
        } catch let error as ExecutorError {
            throw error
        } catch {
            throw ExecutorError(operation, "\(error)")
        }
        do throws(QMPError) {
            let session = try await QMPSession.connect(path: run.qmp, timeout: .seconds(60))
            defer { session.close() }
            try await DiskLimits.apply(definition.spec, session)
            let status = try await session.execute(QueryStatus())
            guard status.status == .running else {
                await GuestStopper(layout: layout).kill(definition.reference)
                throw QMPError(
                    operation: "query-status", socketPath: run.qmp,
                    reason: .unexpectedReply("the guest is \(status.status.text)"))
            }
        } catch {
            let ending = await DetachedProcess.outcome(pid, within: .seconds(2))
            let words = lastWords(run)
            // It may not have come as far as to say which process it is.
            if ending == nil { Glibc.kill(pid, SIGKILL) }
            await GuestStopper(layout: layout).kill(definition.reference)
            guard let ending else { throw ExecutorError(operation, error) }
            throw ExecutorError(
                operation, "QEMU ended at once (\(ending))" + (words.isEmpty ? "" : ", saying: \(words)"))
        }
    }

    private func prepareFolders(_ definition: GuestDefinition, user: SystemUser) throws(SystemError) {
        let run = layout.guestRun(definition.id)
        try Files.removeTree(run.path)
        try Files.makeFolder(run.path)
        // Root reads and writes there, so QEMU's user must not: it only comes by, to write its pid into this file.
        try Files.setMode(run.path, 0o711)
        try DurableFile.write([], to: run.pid, mode: 0o600, owner: (user.user, user.group))
        if definition.spec.hasTPM {
            try DurableFile.write([], to: run.tpmPID, mode: 0o600, owner: (user.user, user.group))
        }
        if definition.spec.display == .vnc {
            // Whoever may come in here may use the guest's keyboard.
            try Files.makeFolder(run.displayFolder, mode: 0o700)
            try Files.setOwner(run.displayFolder, user: user.user, group: user.group)
        }
        let console = layout.guest(definition.owner.fleet, definition.name).consoleFolder
        try Files.makeFolder(console, mode: 0o750)
        try Files.setOwner(console, user: user.user, group: user.group)
        try ConsoleLog.clear(folder: console)
    }

    private func launch(_ definition: GuestDefinition, run: GuestRunFolder) throws(SystemError) -> Int32 {
        let qmp = try ListeningSocket(path: run.qmp)
        let observer = try ListeningSocket(path: run.observer)
        let console = try ListeningSocket(path: run.console)
        let agent = try ListeningSocket(path: run.agent)
        let log = open(run.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard log >= 0 else { throw .now("write", run.log) }
        defer { close(log) }
        let inherited = Launcher.inherited
        return try DetachedProcess.start(
            try Machine.thisProgram(),
            arguments: Launcher.arguments(definition, layout: layout),
            descriptors: [
                1: log, 2: log, inherited.qmp: qmp.descriptor, inherited.observer: observer.descriptor,
                inherited.console: console.descriptor, inherited.agent: agent.descriptor,
            ],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    }

    /// The last lines of what QEMU, or the launcher before it, wrote to standard error.
    private func lastWords(_ run: GuestRunFolder) -> String {
        (Files.text(run.log) ?? "").split(separator: "\n").suffix(4).joined(separator: " / ")
    }
}
