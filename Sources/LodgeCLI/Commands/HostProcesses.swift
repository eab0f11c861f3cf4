import ArgumentParser
import FleetModel
import HostAgent
import KVMExecutor

/// The host side: what the command line talks to.
struct AgentProcess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "The host side, on standard input and output.", shouldDisplay: false)

    @OptionGroup var host: HostOptions

    func run() async throws { await AgentServer(layout: host.layout).run() }
}

/// What becomes a guest's QEMU.
struct LaunchProcess: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch", abstract: "Becomes the QEMU of a defined guest.", shouldDisplay: false)

    @OptionGroup var host: HostOptions
    @Argument(help: "FLEET/NAME") var guest: String

    func run() throws {
        let parts = guest.split(separator: "/").map(String.init)
        guard parts.count == 2, let fleet = Name(parsing: parts[0]), let name = Name(parsing: parts[1]) else {
            throw ValidationError("“\(guest)” is not of the form FLEET/NAME.")
        }
        try Launch.run(fleet, name, layout: host.layout)
    }
}

/// What keeps the end of a guest's console output.
struct ConsoleLogProcess: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-console", abstract: "Copies standard input to a log of bounded size.", shouldDisplay: false)

    @Argument var folder: String

    func run() throws { try ConsoleLog.run(folder: folder) }
}
