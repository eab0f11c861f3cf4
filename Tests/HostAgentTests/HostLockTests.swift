import FleetModel
import Glibc
import HostSystem
import Synchronization
import TestSupport
import Testing

@testable import HostAgent

@Suite struct HostLockTests {
    private let folder = TemporaryFolder()
    private var path: String { "\(folder.path)/run/lock" }

    /// The error of an attempt, or nil where it got the lock, which is given back at once.
    private func refusal(timeout: Timespan = .seconds(0)) async -> HostError? {
        do throws(HostError) {
            _ = try await HostLock.acquire(path, holder: "second", timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    @Test func theSecondIsRefusedAndToldWhoHoldsIt() async throws {
        do {
            let lock = try await HostLock.acquire(path, holder: "ada, process 7", timeout: .seconds(0))
            let error = await refusal()
            #expect(error?.kind == .locked)
            #expect(error?.text.contains("ada, process 7 (agent process \(getpid()), since") == true)
            _ = consume lock
        }
        #expect(await refusal() == nil)
        #expect(!Files.exists(path))
    }

    @Test func theTimeoutWaitsForTheHolder() async throws {
        let lock = try await HostLock.acquire(path, holder: "first", timeout: .seconds(0))
        let start = ContinuousClock.now
        #expect(await refusal(timeout: Timespan(milliseconds: 250))?.kind == .locked)
        #expect(start.duration(to: .now) >= .milliseconds(250))
        async let second = refusal(timeout: .seconds(30))
        try await Task.sleep(for: .milliseconds(50))
        _ = consume lock
        #expect(await second == nil)
    }

    /// The kernel gives the lock back when its holder dies, whatever the file says.
    @Test func theLockDiesWithItsHolder() async throws {
        try folder.write(#"{"holder":"bob","pid":1,"since":0}"#, to: "run/lock")
        let pid = try DetachedProcess.start(
            "/usr/bin/flock", arguments: ["--no-fork", path, "sleep", "60"], environment: ["PATH=/usr/bin:/bin"])
        try await eventually { ProcessTable.entry(pid)?.arguments.first == "sleep" }
        let error = await refusal()
        #expect(error?.kind == .locked)
        #expect(error?.text.contains("bob") == true)
        #expect(kill(pid, SIGKILL) == 0)
        _ = await DetachedProcess.outcome(pid, within: .seconds(60))
        #expect(await refusal() == nil)
    }

    /// The file is removed by each holder, and its folder by somebody else: there is never a second holder, and
    /// nobody is turned away.
    @Test func thereIsNeverASecondHolder() async throws {
        let path = path
        let holders = Holders()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { for _ in 0..<3 { try await Self.hold(path, holders) } } }
            try await group.waitForAll()
        }
        #expect(holders.most == 1)
        #expect(holders.total == 18)
    }

    private static func hold(_ path: String, _ holders: Holders) async throws {
        let lock = try await HostLock.acquire(path, holder: "somebody", timeout: .seconds(60))
        holders.enter()
        try await Task.sleep(for: .milliseconds(2))
        holders.leave()
        _ = consume lock
        try? Files.removeEmptyFolder(Files.folder(of: path))
    }
}

/// How many hold a lock.
private final class Holders: Sendable {
    private let counts = Mutex((now: 0, most: 0, total: 0))

    func enter() {
        counts.withLock { counts in
            counts.now += 1
            counts.total += 1
            counts.most = max(counts.most, counts.now)
        }
    }

    func leave() { counts.withLock { $0.now -= 1 } }
    var most: Int { counts.withLock { $0.most } }
    var total: Int { counts.withLock { $0.total } }
}
