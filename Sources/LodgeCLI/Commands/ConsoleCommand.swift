import ArgumentParser
import FleetModel
import HostAgent

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Connects to a guest's serial console.",
        discussion: "Leave with Ctrl-] . The last lines that the console printed are shown first, on a terminal as "
            + "text alone; without a terminal, input is taken until its end, and the guest's answer until it is quiet "
            + "for a second.")

    /// How much of what was printed before is shown.
    private static let history = 20

    @OptionGroup var guest: GuestOptions

    func run() async throws {
        let code = try await guest.search().run("connect to a console") { found, session in
            guard found.guest.hasProcess else { return notRunning(found) }
            return await attach(to: found.reference, session)
        }
        guard code == .success else { throw code }
    }

    private func attach(to guest: GuestReference, _ session: AgentSession) async -> ExitCode {
        if Terminal.canAsk {
            Terminal.errors.write("Connected to the console of guest \(guest.name). Leave with Ctrl-] .\n")
        }
        let text = GuestText(.output)
        do throws(HostError) {
            try await session.log(of: guest, lines: Self.history, follows: false) { text.write($0) }
            let keyboard = Keyboard()
            defer { keyboard.restore() }
            // Who leaves a terminal wants to leave; a script wants the answer to what it sent.
            try await session.console(of: guest, input: keyboard.input, lingers: !keyboard.isTerminal) {
                Terminal.output.write($0)
            }
            return .success
        } catch {
            return Terminal.fail(error.text)
        }
    }
}
