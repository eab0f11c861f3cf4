import ArgumentParser
import FleetModel
import FoundationEssentials
import Glibc

/// How a command that changes hosts goes about it.
struct ChangeOptions: ParsableArguments {
    @Flag(name: .customLong("auto-approve"), help: "Do not ask before anything is changed.")
    var isApproved = false

    @Option(help: ArgumentHelp("Steps that run at once.", valueName: "n"))
    var parallelism = 10

    @OptionGroup var lock: LockOptions

    func validate() throws {
        guard (1...256).contains(parallelism) else {
            throw ValidationError("--parallelism takes a whole number from 1 to 256.")
        }
    }
}

/// What a command does where another one has locked a host.
struct LockOptions: ParsableArguments {
    @Option(
        name: .customLong("lock-timeout"),
        help: ArgumentHelp("How long to wait for another apply on the same hosts, such as 5m.", valueName: "time"))
    var timeout = Timespan.seconds(0)

    /// Who the user is, for whoever finds a host locked.
    static var holder: String {
        let environment = ProcessInfo.processInfo.environment
        let user = environment["SUDO_USER"] ?? environment["USER"] ?? "user \(getuid())"
        return "\(ProcessInfo.processInfo.processName) of \(user), process \(getpid())"
    }
}

extension Timespan: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
}
