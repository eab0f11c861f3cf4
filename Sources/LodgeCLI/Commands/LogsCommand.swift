import ArgumentParser
import FleetModel
import HostAgent
import Reconciler

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Shows what a guest printed on its serial console.",
        discussion: "The host keeps at least the last half megabyte since the guest was started. A terminal is shown "
            + "text alone, without escape sequences; elsewhere it comes as the guest printed it. With -f, Ctrl-C ends "
            + "it (exit code 130); a restart of the guest does not.")

    @Argument(help: "The guest: NAME, or FLEET/NAME where several fleets have one of that name.")
    var guest: String

    @Flag(name: .shortAndLong, help: "Go on with what the guest prints, until Ctrl-C.")
    var follow = false

    @Option(
        name: [.customShort("n"), .customLong("lines")],
        help: ArgumentHelp("Only the last lines.", valueName: "number"))
    var number: Int?

    @OptionGroup var manifests: LongManifestOptions
    @OptionGroup var host: HostOptions

    func validate() throws {
        guard (number ?? 0) >= 0 else { throw ValidationError("--lines takes a whole number, 0 or more.") }
    }

    func run() async throws {
        let search = GuestSearch(wanted: guest, declared: try manifests.read(), layout: host.layout)
        let (follows, lines) = (follow, number)
        let stop = StopRequest()
        let interruption = follows ? Interruption(stop) : nil
        defer { withExtendedLifetime(interruption) {} }
        let code = await search.run("show what a guest printed") { found, session in
            await untilStopped(stop) { await show(found.reference, lines: lines, follows: follows, session) }
        }
        guard code == .success else { throw code }
    }
}

private func show(_ guest: GuestReference, lines: Int?, follows: Bool, _ session: AgentSession) async -> ExitCode {
    let text = GuestText(.output)
    do throws(HostError) {
        try await session.log(of: guest, lines: lines, follows: follows) { text.write($0) }
        return .success
    } catch {
        return Terminal.fail(error.text)
    }
}
