import ArgumentParser
import FleetModel

/// How a command that changes hosts goes about it.
struct ChangeOptions: ParsableArguments {
    @Flag(name: .customLong("auto-approve"), help: "Do not ask before anything is changed.")
    var isApproved = false

    @Option(help: ArgumentHelp("Steps that run at once.", valueName: "n"))
    var parallelism = 10

    @Option(
        name: .customLong("lock-timeout"),
        help: ArgumentHelp("How long to wait for another apply on the same hosts, such as 5m.", valueName: "time"))
    var lockTimeout = Timespan.seconds(0)

    func validate() throws {
        guard (1...256).contains(parallelism) else {
            throw ValidationError("--parallelism takes a whole number from 1 to 256.")
        }
    }
}

extension Timespan: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
}
