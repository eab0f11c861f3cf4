import FleetModel
import Glibc
import HostSystem
import Synchronization

/// A host of its own for a test: a network namespace, a state folder and a run folder, on which the built `lodge`
/// works as it does for a user. Everything that was made in it is gone after ``run(_:)``.
struct Lab: Sendable {
    /// Four hexadecimal digits that every name of this lab ends with.
    let tag: String
    /// Short, so that sockets below the run folder stay under the 107 bytes of a unix socket's path; QEMU's user can
    /// traverse it.
    let folder: String
    let namespace: String
    var stateFolder: String
    var runFolder: String

    private init() {
        tag = String(UInt32.random(in: 0x1000...0xFFFF), radix: 16)
        folder = "/tmp/lt-\(tag)"
        namespace = "lodge-test-\(tag)"
        stateFolder = "\(folder)/state"
        runFolder = "/run/lt-\(tag)"
    }

    /// Runs the body on a new host, and removes the host whichever way the body ends.
    static func run(_ body: (Lab) async throws -> Void) async throws {
        let lab = Lab()
        do {
            try Files.makeFolder("\(lab.folder)/output")
            try await lab.addNamespace()
            try lab.recallProbe()
            try await body(lab)
        } catch {
            await lab.tearDown()
            throw error
        }
        await lab.tearDown()
    }

    /// What Lodge's probe of KVM found on this machine, which takes it up to two seconds.
    private static let probe = Mutex<String?>(nil)

    /// Lets Lodge find what its probe of KVM saw for an earlier lab.
    func recallProbe() throws {
        guard let text = Self.probe.withLock({ $0 }) else { return }
        try Files.makeFolder(runFolder)
        try DurableFile.write(Array(text.utf8), to: layout.probeFile)
    }

    /// A second instance of Lodge on the same host: the same namespace, other folders.
    func neighbour() -> Lab {
        var other = self
        other.stateFolder += "2"
        other.runFolder += "2"
        return other
    }

    func addNamespace() async throws {
        try await Command.run("ip", ["netns", "add", namespace], package: "iproute2")
        try await ip("link", "set", "lo", "up")
    }

    func deleteNamespace() async {
        _ = try? await Command.run("ip", ["netns", "delete", namespace], package: "iproute2")
    }

    /// In the opposite order of how it came to be: processes, mounts, namespace, folders.
    private func tearDown() async {
        if let text = Files.text(layout.probeFile) { Self.probe.withLock { $0 = text } }
        await killEverything()
        for mount in mounts.reversed() { umount2(mount, Int32(MNT_DETACH)) }
        await deleteNamespace()
        for path in [runFolder, runFolder + "2", folder] { try? Files.removeTree(path) }
    }

    /// SIGKILL to every process of this lab, each by its pid, until none is left.
    func killEverything() async {
        for _ in 0..<50 {
            let found = await processes()
            if found.isEmpty { return }
            for process in found { kill(process.pid, SIGKILL) }
            for process in found {
                _ = await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .seconds(60))
                _ = DetachedProcess.reap(process.pid)
            }
        }
    }

    /// The living processes that are in the namespace, or name one of the folders in their command line.
    func processes() async -> [ProcessEntry] {
        let listed = try? await Command.run("ip", ["netns", "pids", namespace], package: "iproute2")
        let inside = Set((listed ?? "").split(separator: "\n").compactMap { Int32($0) })
        return ProcessTable.all().filter { process in
            inside.contains(process.pid)
                || process.arguments.contains { $0.contains("\(folder)/") || $0.contains(runFolder) }
        }
    }

    /// Mount points in this lab's folders, in the order in which they were mounted.
    var mounts: [String] {
        // proc(5): the fifth field is the mount point.
        (Files.text("/proc/self/mountinfo") ?? "").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 ? String(fields[4]) : nil
        }.filter { $0.hasPrefix("\(folder)/") || $0.hasPrefix(runFolder) }
    }

    // MARK: Programs on the host

    /// For timeout(1), which kills a program and all that it started: guests may be slow, but no test waits for ever.
    private static let limit = ["--signal=KILL", "300"]

    /// Runs a program in the namespace and returns its standard output.
    @discardableResult
    func execute(_ arguments: String..., input: String = "") async throws -> String {
        try await Command.run(
            "ip", ["netns", "exec", namespace, "timeout"] + Self.limit + arguments, package: "iproute2",
            input: Array(input.utf8), limit: nil)
    }

    @discardableResult
    func ip(_ arguments: String...) async throws -> String {
        try await Command.run(
            "timeout", Self.limit + ["ip", "-n", namespace] + arguments, package: "coreutils", limit: nil)
    }

    /// True where the address answers within some seconds.
    func pings(_ address: String) async -> Bool {
        await eventually { (try? await execute("busybox", "ping", "-c", "1", "-W", "1", address)) != nil }
    }
}

/// Waits up to two minutes until the condition holds.
///
/// - Returns: false where it never did, or the task was cancelled.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(120)
    while true {
        if try await condition() { return true }
        guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
        try? await Task.sleep(for: .milliseconds(50))
    }
}
