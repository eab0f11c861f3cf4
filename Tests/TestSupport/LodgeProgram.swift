import Glibc
import HostSystem

/// The `lodge` that was built with the tests.
public enum LodgeProgram {
    /// It lies beside the program that these tests are.
    public static let path: String = {
        do { return Files.folder(of: try Machine.thisProgram()) + "/lodge" } catch { fatalError("\(error)") }
    }()

    /// Runs it to its end, without a terminal; after two minutes it is killed, with all that it started.
    ///
    /// - Parameter environment: as `NAME=value`.
    public static func run(
        _ arguments: [String], input: String = "", environment: [String] = []
    ) async throws -> Command.Outcome {
        try await Command.outcome(
            of: "timeout", ["--signal=KILL", "120", "env"] + environment + [path] + arguments, package: "coreutils",
            input: Array(input.utf8), limit: nil)
    }
}
