import Glibc
import HostSystem
import Synchronization
import Testing

/// How a run of `lodge` ended, and what it wrote.
struct LodgeResult: Sendable, CustomStringConvertible {
    /// As a shell shows it: 128 and the number of the signal, where one ended it.
    var code: Int32
    var output: String
    var errors: String

    var text: String { output + errors }
    /// The errors first: a report of failed tests has room for a few lines of each.
    var description: String { "exit code \(code)\n\(errors)\(output)" }

    /// The line in which the plan or the apply says what it comes to.
    func says(_ parts: String...) -> Bool { parts.allSatisfy(text.contains) }
}

/// A `lodge` that runs.
struct LodgeRun: Sendable {
    let pid: Int32
    let outputPath: String
    let errorPath: String

    /// Waits for its end.
    func result() async throws -> LodgeResult {
        let ending = try #require(
            await DetachedProcess.outcome(pid, within: .seconds(300)), "lodge does not end: \(soFar)")
        let words = ending.split(separator: " ")
        let number = try #require(Int32(words.last ?? ""))
        return LodgeResult(
            code: ending.hasPrefix("signal") ? 128 + number : number, output: Files.text(outputPath) ?? "",
            errors: Files.text(errorPath) ?? "")
    }

    /// What it has written until now.
    var soFar: String { (Files.text(outputPath) ?? "") + (Files.text(errorPath) ?? "") }

    func signal(_ number: CInt) { kill(pid, number) }
}

extension Lab {
    /// The program beside this test's own.
    static let program = "\(Files.folder(of: (try? Machine.thisProgram()) ?? ""))/lodge"
    private static let runs = Mutex(0)

    /// Starts `lodge` on this host.
    ///
    /// - Parameters:
    ///   - wrapper: a command that starts the rest of its command line, such as setpriv(1).
    ///   - input: its standard input; nothing by default.
    func start(_ arguments: [String], wrapper: [String] = [], input: String? = nil) throws -> LodgeRun {
        let number = Self.runs.withLock { count in
            count += 1
            return count
        }
        let run = "\(folder)/output/\(number)"
        var descriptors: [CInt: CInt] = [:]
        defer { for descriptor in descriptors.values { close(descriptor) } }
        for (target, suffix) in [(1, "out"), (2, "err")] as [(CInt, String)] {
            descriptors[target] = open("\(run).\(suffix)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        if let input {
            try DurableFile.write(Array(input.utf8), to: "\(run).in")
            descriptors[0] = open("\(run).in", O_RDONLY | O_CLOEXEC)
        }
        let line =
            ["netns", "exec", namespace] + wrapper + [Self.program] + arguments
        let pid = try DetachedProcess.start(
            Command.find("ip")!, arguments: line, descriptors: descriptors,
            environment: [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "USER=tester",
                "LODGE_STATE_DIR=\(stateFolder)", "LODGE_RUN_DIR=\(runFolder)", "XDG_STATE_HOME=\(folder)/home",
            ])
        return LodgeRun(pid: pid, outputPath: "\(run).out", errorPath: "\(run).err")
    }

    /// Runs `lodge` to its end.
    @discardableResult
    func lodge(_ arguments: String..., wrapper: [String] = [], input: String? = nil) async throws -> LodgeResult {
        try await start(arguments, wrapper: wrapper, input: input).result()
    }

    func plan(_ fleet: Fleet, wrapper: [String] = []) async throws -> LodgeResult {
        try await lodge("plan", "-f", try write(fleet), "--detailed-exitcode", wrapper: wrapper)
    }

    func startApply(_ fleet: Fleet, _ options: String..., wrapper: [String] = []) throws -> LodgeRun {
        try start(["apply", "-f", try write(fleet), "--auto-approve"] + options, wrapper: wrapper)
    }

    func apply(_ fleet: Fleet, wrapper: [String] = []) async throws -> LodgeResult {
        try await startApply(fleet, wrapper: wrapper).result()
    }

    func destroy(_ fleet: Fleet) async throws -> LodgeResult {
        try await lodge("destroy", "-f", try write(fleet), "--auto-approve")
    }
}
