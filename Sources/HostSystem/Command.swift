import Glibc
import Subprocess
import SystemPackage

/// A command that was run and failed.
public struct CommandError: Error, CustomStringConvertible, Sendable {
    /// The command line, for people.
    public var command: String
    /// How it ended: `exit code 1`, `not found`.
    public var outcome: String
    /// The last lines of its standard error.
    public var output: String
    public var advice: String?

    public init(command: String, outcome: String, output: String = "", advice: String? = nil) {
        self.command = command
        self.outcome = outcome
        self.output = output
        self.advice = advice
    }

    public var description: String {
        "`\(command)` failed (\(outcome))" + (output.isEmpty ? "" : ": \(output)") + (advice.map { "; \($0)" } ?? "")
    }
}

/// Running other programs to their end.
public enum Command {
    /// The folders that programs are looked for in, whatever the caller's PATH says: an agent under `sudo` or
    /// `ssh` often lacks the administrator's.
    static let searchPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// The program's path, or nil where it is not installed, or may not be started.
    public static func find(_ name: String) -> String? {
        searchPath.lazy.map { "\($0)/\(name)" }.first(where: Files.isExecutable)
    }

    /// How a program ended, and what it wrote.
    public struct Outcome: Sendable {
        /// Nil where a signal ended it.
        public var exitCode: Int32?
        /// At most 16 MiB.
        public var output: String
        /// At most 1 MiB.
        public var errors: String
    }

    /// Many times what programs take that Lodge waits for, also on a busy host.
    public static let usualLimit = Duration.seconds(120)

    /// Runs a program and returns what it wrote to standard output.
    ///
    /// - Parameters:
    ///   - name: looked for in the system's folders.
    ///   - package: the Debian package that has it, for the error where it is missing.
    ///   - input: its standard input.
    ///   - user: whom it runs as, without any other group and without a way to more rights; nil: as this process.
    ///   - limit: how long it may take before it is killed; nil: as long as it does.
    @discardableResult
    public static func run(
        _ name: String, _ arguments: [String], package: String, input: [UInt8] = [],
        user: (user: UInt32, group: UInt32)? = nil, limit: Duration? = usualLimit
    ) async throws(CommandError) -> String {
        let outcome = try await outcome(of: name, arguments, package: package, input: input, user: user, limit: limit)
        guard outcome.exitCode == 0 else {
            throw CommandError(
                command: ([name] + arguments).joined(separator: " "),
                outcome: outcome.exitCode.map { "exit code \($0)" } ?? "ended by a signal",
                output: outcome.errors.split(separator: "\n").suffix(5).joined(separator: "; "))
        }
        return outcome.output
    }

    /// Runs a program to its end, whichever that is.
    public static func outcome(
        of name: String, _ arguments: [String], package: String, input: [UInt8] = [],
        user: (user: UInt32, group: UInt32)? = nil, limit: Duration? = usualLimit
    ) async throws(CommandError) -> Outcome {
        let line = ([name] + arguments).joined(separator: " ")
        guard let path = find(name) else {
            throw CommandError(command: line, outcome: "not found", advice: "install it: apt-get install \(package)")
        }
        let stdin = try Self.file(holding: input, for: line)
        defer { try? stdin.close() }
        let vector = vector(path, arguments, as: user)
        guard let limit else { return try await end(of: vector, line, stdin).get() }
        guard let end = await within(limit, { await end(of: vector, line, stdin) }) else {
            throw CommandError(
                command: line, outcome: "it had not ended after \(limit.components.seconds) s, and was killed",
                advice: "find out what it waits for: a disk, or a file system of another machine, that does not answer?"
            )
        }
        return try end.get()
    }

    private static func end(
        of vector: [String], _ line: String, _ stdin: FileDescriptor
    ) async -> Result<Outcome, CommandError> {
        do {
            let result = try await Subprocess.run(
                .path(FilePath(vector[0])), arguments: Arguments(Array(vector.dropFirst())), environment: environment,
                input: .fileDescriptor(stdin, closeAfterSpawningProcess: false), output: .string(limit: 16 << 20),
                error: .string(limit: 1 << 20))
            let exitCode: Int32? = if case .exited(let code) = result.terminationStatus { code } else { nil }
            return .success(Outcome(exitCode: exitCode, output: result.standardOutput, errors: result.standardError))
        } catch {
            return .failure(CommandError(command: line, outcome: "\(error)"))
        }
    }

    static var environment: Environment { .custom(["PATH": searchPath.joined(separator: ":"), "LC_ALL": "C.UTF-8"]) }

    /// The program and its arguments, as that user. The user is taken on by setpriv(1), of util-linux, which is Essential
    /// in Debian. A copy of this process would have to call setuid(3), which waits for ever where a thread of ours was
    /// beginning or ending as the copy was made: Subprocess copies by clone3(2), past the C library
    /// (https://github.com/swiftlang/swift-subprocess/issues/374 is of that kind).
    static func vector(_ path: String, _ arguments: [String], as user: (user: UInt32, group: UInt32)?) -> [String] {
        guard let user else { return [path] + arguments }
        let rights = ["--reuid=\(user.user)", "--regid=\(user.group)", "--clear-groups", "--no-new-privs"]
        return ["/usr/bin/setpriv"] + rights + ["--", path] + arguments
    }

    /// Standard input as a file without a name, which the program's own user may open again as `/proc/self/fd/0`. It is
    /// no pipe, since a program may end without having read all of it.
    private static func file(holding bytes: [UInt8], for line: String) throws(CommandError) -> FileDescriptor {
        do {
            guard !bytes.isEmpty else { return try FileDescriptor.open("/dev/null", .readOnly, options: .closeOnExec) }
            guard let stream = tmpfile() else { throw SystemError.now("make", "a temporary file") }
            defer { fclose(stream) }
            let file = FileDescriptor(rawValue: fcntl(fileno(stream), F_DUPFD_CLOEXEC, 0))
            guard fchmod(file.rawValue, 0o644) == 0 else { throw SystemError.now("make", "a temporary file") }
            try file.writeAll(bytes)
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            throw CommandError(command: line, outcome: "its input could not be prepared: \(error)")
        }
    }
}
