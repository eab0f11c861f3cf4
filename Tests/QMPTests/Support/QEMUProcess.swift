import FoundationEssentials
import Glibc
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips a test where there is no QEMU.
    static var needsQEMU: Self {
        .enabled(if: QEMUProcess.isInstalled, "\(QEMUProcess.executable) is not installed")
    }
}

/// A QEMU of a test, with a monitor on a socket that listens already before QEMU starts: the greeting means ready.
struct QEMUProcess: Sendable {
    static let executable = "/usr/bin/qemu-system-x86_64"
    static var isInstalled: Bool { access(executable, X_OK) == 0 }
    static let q35 = ["-M", "q35", "-S", "-m", "128", "-accel", "tcg,tb-size=32"]

    let processID: pid_t
    let socketPath: String

    /// Runs `body` with a new QEMU, which is killed and reaped afterwards.
    static func with<Result>(
        _ arguments: [String], _ body: (QEMUProcess) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            let process = try start(arguments, socketPath: folder + "/qmp.sock")
            defer { process.killAndReap() }
            return try await body(process)
        }
    }

    private static func start(_ arguments: [String], socketPath: String) throws -> QEMUProcess {
        let listener = try listeningSocket(at: socketPath, backlog: 4)
        defer { close(listener) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, listener, 3)
        // NIO's descriptors are not close-on-exec, and other tests watch for the end of their connections.
        for descriptor in CInt(4)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }

        let monitor = ["-chardev", "socket,id=qmp0,fd=3,server=on,wait=off", "-mon", "chardev=qmp0,mode=control"]
        let quiet = ["-display", "none", "-nodefaults", "-no-user-config"]
        let words = [executable] + arguments + quiet + monitor
        let argv = words.map { strdup($0) } + [nil]
        defer { for word in argv { free(word) } }
        var processID: pid_t = 0
        let code = posix_spawn(&processID, executable, &actions, nil, argv, environ)
        guard code == 0 else { throw TestFailure("posix_spawn: \(String(cString: strerror(code)))") }
        return QEMUProcess(processID: processID, socketPath: socketPath)
    }

    func signal(_ number: CInt) {
        kill(processID, number)
    }

    /// The exit status, once the process has ended by itself. It stays to be reaped.
    func exitStatus(within time: Duration = .seconds(60)) async throws -> CInt {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            var info = siginfo_t()
            if waitid(P_PID, id_t(processID), &info, WEXITED | WNOHANG | WNOWAIT) == 0, info.si_signo == SIGCHLD {
                return info._sifields._sigchld.si_status
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TestFailure("QEMU \(processID) has not ended within \(time)")
    }

    /// The targets of the process's descriptors.
    func openFiles() throws -> [String] {
        let folder = "/proc/\(processID)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0)
        }
    }

    private func killAndReap() {
        kill(processID, SIGKILL)
        var status: CInt = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
    }
}
