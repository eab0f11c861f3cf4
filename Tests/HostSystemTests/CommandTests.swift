import Foundation
import HostSystem
import Synchronization
import TestSupport
import Testing

@Suite struct CommandTests {
    @Test func aMissingProgramSaysWhatToInstall() async {
        let error = await #expect(throws: CommandError.self) {
            try await Command.run("lodge-no-such-program", ["-x"], package: "some-package")
        }
        #expect(
            error?.description
                == "`lodge-no-such-program -x` failed (not found); install it: apt-get install some-package")
        #expect(Command.find("lodge-no-such-program") == nil)
    }

    @Test func aFailureHasTheExitCodeAndTheLastWords() async {
        let error = await #expect(throws: CommandError.self) {
            try await Command.run(
                "sh", ["-c", "echo result; for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3"], package: "dash")
        }
        #expect(error?.outcome == "exit code 3")
        #expect(error?.output == "line 3; line 4; line 5; line 6; line 7")
    }

    @Test func aSignalIsToldApartFromAnExitCode() async throws {
        let outcome = try await Command.outcome(of: "sh", ["-c", "kill -9 $$"], package: "dash")
        #expect(outcome.exitCode == nil)
    }

    /// Both streams at once, each far beyond what a pipe holds.
    @Test func muchOutputIsReadWhole() async throws {
        let script = "head -c 3000000 /dev/zero | tr '\\0' o; head -c 900000 /dev/zero | tr '\\0' e >&2"
        let outcome = try await Command.outcome(of: "sh", ["-c", script], package: "dash")
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.utf8.count == 3_000_000)
        #expect(outcome.errors.utf8.count == 900_000)
    }

    @Test func inputArrivesWhole() async throws {
        let input = String(repeating: "0123456789", count: 100_000)
        #expect(try await Command.run("cat", [], package: "coreutils", input: Array(input.utf8)) == input)
    }

    /// Far more than a pipe holds, and nobody reads it.
    @Test func inputNeedNotBeRead() async throws {
        let input = [UInt8](repeating: 0x41, count: 4_000_000)
        #expect(try await Command.run("true", [], package: "coreutils", input: input) == "")
    }

    @Test func argumentsAreTakenAsTheyAre() async throws {
        let hostile = ["; exit 1", "$(false)", "a b", "", "*", "\"'\\", "-n"]
        let text = try await Command.run("printf", ["%s|"] + hostile, package: "coreutils")
        #expect(text == hostile.map { $0 + "|" }.joined())
    }

    @Test func theEnvironmentIsNotTheCallers() async throws {
        let lines = try await Command.run("env", [], package: "coreutils").split(separator: "\n").sorted()
        #expect(lines.map { $0.prefix { $0 != "=" } } == ["LC_ALL", "PATH"])
    }

    @Test func whatDoesNotEndIsKilled() async throws {
        let began = ContinuousClock.now
        let error = await #expect(throws: CommandError.self) {
            try await Command.run("sleep", ["600"], package: "coreutils", limit: .seconds(1))
        }
        #expect(error?.outcome == "it had not ended after 1 s, and was killed")
        #expect(began.duration(to: .now) < .seconds(300))
    }

    /// With that user's rights alone: no other group, and nothing that a program with the set-user-ID bit would give it.
    @Test(.enabled(if: isRoot, "needs root"))
    func anotherUserHasNoneOfOurRights() async throws {
        let script = "id -u; id -g; id -G; grep NoNewPrivs /proc/self/status"
        let words = try await Command.run("sh", ["-c", script], package: "dash", user: (65534, 65534))
        #expect(words.split(separator: "\n") == ["65534", "65534", "65534", "NoNewPrivs:\t1"])
    }

    /// A process that is copied while a thread of ours begins or ends finds its C library in the middle of that: there,
    /// setuid(3) would wait for ever for a thread that the copy does not have.
    @Test(.enabled(if: isRoot, "needs root"), .timeLimit(.minutes(2)))
    func anotherUserIsTakenOnWhileThreadsComeAndGo() async throws {
        let churn = ThreadChurn()
        defer { churn.end() }
        for _ in 0..<300 {
            let id = try await Command.run("id", ["-u"], package: "coreutils", user: (65534, 65534))
            #expect(id == "65534\n")
        }
    }
}

/// Threads that begin and end, one after another, until told to stop.
private final class ThreadChurn: Sendable {
    private let isOver = Atomic(false)

    init() {
        Thread.detachNewThread { [self] in
            while !isOver.load(ordering: .relaxed) {
                var threads = [pthread_t](repeating: 0, count: 4)
                for index in threads.indices { pthread_create(&threads[index], nil, { _ in nil }, nil) }
                for thread in threads { pthread_join(thread, nil) }
            }
        }
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}
