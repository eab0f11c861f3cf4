import FleetModel
import HostSystem

/// Finds out whether a guest's QEMU can do input and output by io_uring: a kernel may lack it, forbid it to
/// unprivileged users (`kernel.io_uring_disabled`), or hide it behind a container's filter of system calls. QEMU ends
/// where it cannot, so that is not to be learnt from a guest.
enum IOUringProbe {
    /// Has QEMU read what it is given, by io_uring, with the rights and in the sandbox that guests have.
    ///
    /// - Returns: why that does not work; nil: it does.
    static func fault() async -> String? {
        guard Command.find(Emulator.program) != nil else { return "QEMU is not installed" }
        guard let user = try? SystemUser.find() else { return "there is no user \(SystemUser.name)" }
        do {
            // Not cut off where its caller is cancelled: timeout(1) would be killed, and with it the bound on QEMU's life.
            let attempt = Task { try await run(as: user) }
            return judge(try await attempt.value)
        } catch {
            return "the probe could not be run: \(error)"
        }
    }

    /// What is read is the list of commands itself.
    private static let commands = """
        {"execute":"qmp_capabilities"}
        {"execute":"human-monitor-command","arguments":{"command-line":"qemu-io probe \\"read 0 16\\""}}
        {"execute":"quit"}

        """

    private static func run(as user: SystemUser) async throws(CommandError) -> Command.Outcome {
        let file =
            #"{"driver":"file","node-name":"probe","filename":"/proc/self/fd/0","read-only":true,"aio":"io_uring"}"#
        return try await Command.outcome(
            of: "timeout",
            [
                "--signal=KILL", "5", "setpriv", "--reuid=\(user.user)", "--regid=\(user.group)", "--clear-groups",
                "--no-new-privs", "--pdeathsig=KILL", Emulator.program, "-nodefaults", "-no-user-config",
                "-display", "none", "-machine", "none", "-blockdev", file,
                "-chardev", "stdio,id=monitor", "-mon", "chardev=monitor,mode=control",
            ] + QEMUCommandLine.sandbox, package: "util-linux", input: Array(commands.utf8))
    }

    static func judge(_ outcome: Command.Outcome) -> String? {
        if outcome.exitCode == 0, outcome.output.contains("read 16/16 bytes") { return nil }
        // timeout(1) ends what it started, and itself, by SIGKILL: 128 + 9 where it could still tell.
        guard let code = outcome.exitCode, code != 137 else { return "QEMU was ended as it tried" }
        let words = outcome.errors.split(separator: "\n").last.map(String.init) ?? "QEMU could not read by it"
        return words.replacing("\(Emulator.program): ", with: "")
    }
}
