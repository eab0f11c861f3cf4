import CLinux
import Glibc
import SystemPackage

/// Starting a process that outlives this one: in a session of its own, with nothing of ours but what it is given.
public enum DetachedProcess {
    /// POSIX_SPAWN_SETSID of glibc's `<spawn.h>`, which declares it for GNU sources alone.
    private static let newSession: Int32 = 0x80

    /// - Parameters:
    ///   - descriptors: which of our descriptors the child has, by the number that it has there. 0, 1 and 2 are
    ///     `/dev/null` unless they are given; it has no others of ours.
    ///   - environment: the child's whole environment, as `NAME=value`.
    /// - Returns: the child's pid; the caller reaps it, or dies first.
    public static func start(
        _ executable: String, arguments: [String], descriptors: [CInt: CInt] = [:], environment: [String]
    ) throws(SystemError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for standard in 0...2 as ClosedRange<CInt> where descriptors[standard] == nil {
            posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0)
        }
        // Copies above every number that the child uses: one is never overwritten before it has been handed over.
        let above = max(2, descriptors.keys.max() ?? 2) + 1
        var copies: [CInt] = []
        defer { for copy in copies { close(copy) } }
        for (theirs, ours) in descriptors {
            let copy = fcntl(ours, F_DUPFD_CLOEXEC, above)
            guard copy >= 0 else { throw .now("hand over", "descriptor \(ours)") }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, theirs)
        }
        // Event loops and libraries make descriptors that are not close-on-exec; none of them is the child's.
        for number in 3..<above where descriptors[number] == nil {
            posix_spawn_file_actions_addclose(&actions, number)
        }
        let closing = clinux_spawn_close_from(&actions, above)
        guard closing == 0 else { throw SystemError("start", executable, Errno(rawValue: -closing)) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, executable, &actions, &attributes, &argv, &envp)
        guard result == 0 else { throw SystemError("start", executable, Errno(rawValue: result)) }
        return pid
    }

    /// Reaps the child if it has ended.
    ///
    /// - Returns: how it ended, or nil where it still runs (or is no child of ours).
    public static func reap(_ pid: Int32) -> String? {
        var status: CInt = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? "exit code \(status >> 8 & 0xFF)" : "signal \(signal)"
    }

    /// How the child ended, or nil where it still runs at the end of the time.
    public static func outcome(_ pid: Int32, within time: Duration) async -> String? {
        let deadline = ContinuousClock.now + time
        while true {
            if let ending = reap(pid) { return ending }
            guard ContinuousClock.now < deadline else { return nil }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Makes sure that what this process becomes has none of its descriptors but those up to 2 and the given ones.
    public static func handOver(_ descriptors: [CInt]) throws(SystemError) {
        let marked = clinux_close_on_exec_from(3)
        guard marked == 0 else { throw SystemError("hand over", "descriptors", Errno(rawValue: -marked)) }
        for descriptor in descriptors where fcntl(descriptor, F_SETFD, 0) != 0 {
            throw SystemError.now("hand over", "descriptor \(descriptor)")
        }
    }
}
