import Glibc
import HostSystem
import SystemPackage
import TestSupport
import Testing

@Suite struct ProcessTests {
    private let folder = TemporaryFolder()

    private func sleeper(_ descriptors: [CInt: CInt] = [:], environment: [String] = []) throws -> ProcessEntry {
        let pid = try DetachedProcess.start(
            "/bin/sleep", arguments: ["600"], descriptors: descriptors, environment: environment)
        awaitSleep(of: pid)
        return try #require(ProcessTable.entry(pid))
    }

    /// Waits up to a minute until it sleeps: the kernel lets go of whoever starts a program before the program is set up,
    /// and its loader opens files.
    private func awaitSleep(of pid: Int32) {
        let deadline = ContinuousClock.now + .seconds(60)
        while !isAsleep(pid), ContinuousClock.now < deadline { usleep(1_000) }
    }

    /// True where it is in clock_nanosleep(2), whose number on x86-64 is 230.
    private func isAsleep(_ pid: Int32) -> Bool { Files.text("/proc/\(pid)/syscall")?.hasPrefix("230 ") ?? false }

    private func end(_ process: ProcessEntry) async throws {
        try ProcessTable.signal(process.pid, startTime: process.startTime, SIGKILL)
        #expect(await DetachedProcess.outcome(process.pid, within: .seconds(60)) == "signal 9")
    }

    @Test func aZombieIsDead() async throws {
        let process = try sleeper()
        #expect(ProcessTable.lives(process.pid, startTime: process.startTime))
        #expect(process.arguments == ["/bin/sleep", "600"])
        #expect(ProcessTable.all().contains { $0.pid == process.pid })
        try ProcessTable.signal(process.pid, startTime: process.startTime, SIGKILL)
        // Nobody has reaped it: its entry is still there.
        #expect(await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .seconds(60)))
        #expect(ProcessTable.entry(process.pid)?.state == "Z")
        #expect(ProcessTable.entry(process.pid)?.isDead == true)
        #expect(!ProcessTable.all().contains { $0.pid == process.pid })
        #expect(DetachedProcess.reap(process.pid) == "signal 9")
        #expect(ProcessTable.entry(process.pid) == nil)
    }

    @Test func anotherProcessWithThePidIsLeftAlone() async throws {
        let process = try sleeper()
        let other = process.startTime + 1
        #expect(!ProcessTable.lives(process.pid, startTime: other))
        try ProcessTable.signal(process.pid, startTime: other, SIGKILL)
        #expect(await ProcessTable.waitForEnd(process.pid, startTime: other, timeout: .seconds(60)))
        #expect(!(await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .milliseconds(50))))
        #expect(ProcessTable.lives(process.pid, startTime: process.startTime))
        try await end(process)
    }

    /// A command's name may hold what separates the fields of `/proc/PID/stat`.
    @Test func hostileCommandNamesAreRead() async throws {
        let program = "\(folder.path)/a) R 1 (b"
        #expect(symlink("/bin/sleep", program) == 0)
        let pid = try DetachedProcess.start(program, arguments: ["60"], environment: [])
        awaitSleep(of: pid)
        let process = try #require(ProcessTable.entry(pid))
        #expect(process.arguments == [program, "60"])
        #expect(process.state == "S" || process.state == "R" || process.state == "D")
        #expect(process.startTime > 1_000)
        try await end(process)
    }

    @Test func aDetachedProcessHasNothingOfOurs() async throws {
        // One that is not close-on-exec, as libraries make them.
        let loose = open("/dev/zero", O_RDONLY)
        defer { close(loose) }
        let process = try sleeper(environment: ["ONE=1", "TWO=2 3"])
        let proc = "/proc/\(process.pid)"
        #expect(try Files.list("\(proc)/fd") == ["0", "1", "2"])
        for number in 0...2 { #expect(target("\(proc)/fd/\(number)") == "/dev/null") }
        #expect(Files.text("\(proc)/environ") == "ONE=1\0TWO=2 3\0")
        let status = Files.text("\(proc)/status") ?? ""
        for set in ["SigBlk:\t", "SigIgn:\t"] {
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(set) })
            // Signals 32 and 33 are glibc's own (signal(7)).
            #expect(UInt64(line.dropFirst(set.count), radix: 16)! & 0x7FFF_FFFF == 0, "\(line)")
        }
        let fields = (Files.text("\(proc)/stat") ?? "").split(separator: ")").last?.split(separator: " ") ?? []
        #expect(fields[2] == "\(process.pid)", "its process group")
        #expect(fields[3] == "\(process.pid)", "its session")
        try await end(process)
    }

    /// Each of two descriptors is handed over under the number that the other one has here.
    @Test func descriptorsCanSwapNumbers() async throws {
        let paths = [try folder.write("a", to: "a"), try folder.write("b", to: "b")]
        let ours = paths.map { open($0, O_RDONLY | O_CLOEXEC) }
        defer { for descriptor in ours { close(descriptor) } }
        let process = try sleeper([ours[0]: ours[1], ours[1]: ours[0], 1: ours[0]])
        let proc = "/proc/\(process.pid)/fd"
        #expect(try Files.list(proc).compactMap { Int32($0) }.sorted() == ([0, 1, 2] + ours).sorted())
        #expect(target("\(proc)/\(ours[0])") == paths[1])
        #expect(target("\(proc)/\(ours[1])") == paths[0])
        #expect(target("\(proc)/1") == paths[0])
        try await end(process)
    }

    @Test func aMissingProgramIsAnError() {
        let error = #expect(throws: SystemError.self) {
            try DetachedProcess.start("\(folder.path)/none", arguments: [], environment: [])
        }
        #expect(error?.errno == .noSuchFileOrDirectory)
        #expect(error?.subject == "\(folder.path)/none")
    }

    @Test func saysHowAProcessEnded() async throws {
        let pid = try DetachedProcess.start("/bin/sh", arguments: ["-c", "exit 7"], environment: [])
        #expect(await DetachedProcess.outcome(pid, within: .seconds(60)) == "exit code 7")
        let process = try sleeper()
        #expect(await DetachedProcess.outcome(process.pid, within: .milliseconds(20)) == nil)
        try await end(process)
    }

    private func target(_ link: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { readlink(link, $0.baseAddress!, $0.count) }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
