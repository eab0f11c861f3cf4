import ArgumentParser

/// The root of the command line.
public struct Lodge: AsyncParsableCommand {
    public static let version = "0.1.0"

    public static let configuration = CommandConfiguration(
        commandName: "lodge",
        abstract: "Makes virtual machines, networks and disks on a set of hosts match what manifests say.",
        discussion: """
            The hosts are the state: there is no state file. `lodge plan` observes them and says what would change, \
            why, and what that does to what is running; `lodge apply` does just that.
            """,
        version: version,
        subcommands: [
            ValidateCommand.self, PlanCommand.self, ApplyCommand.self, DestroyCommand.self, ResetCommand.self,
            ShowCommand.self, StatusCommand.self, StartCommand.self, StopCommand.self, RestartCommand.self,
            LogsCommand.self,
            ConsoleCommand.self, SSHCommand.self, ExecCommand.self, CopyCommand.self, ImageCommand.self,
            DoctorCommand.self, AgentProcess.self,
            LaunchProcess.self, ConsoleLogProcess.self,
        ])

    public init() {}
}

/// Runs the command that this process was called with, and exits.
public func runLodge() async { await Lodge.main() }
