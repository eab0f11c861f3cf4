import ArgumentParser
import FleetModel
import HostAgent
import Reconciler

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Connects to a guest's serial console.",
        discussion: "Leave with Ctrl-] . What the console printed before is shown first; without a terminal, input is "
            + "taken until its end, and the guest's answer until it is quiet for a second.")

    @Argument(help: "The guest: NAME, or FLEET/NAME where several fleets have one of that name.")
    var guest: String

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions

    func run() async throws {
        let layout = host.layout
        let declared = try manifests.read()
        let hosts = declared?.hosts ?? [DesiredHost(name: Name(parsing: "local")!)]
        let wanted = guest
        for host in hosts where host.connection == .local {
            let agent: AgentCommand
            do { agent = try AgentCommand(local: host.name, layout: layout, privilege: host.privilege) } catch {
                throw ValidationError(error.text)
            }
            let failure = await attach(agent, to: wanted, fleet: declared?.name)
            if let failure {
                Terminal.errors.write(Terminal.errors.style.paint("Error:", .error) + " \(failure)\n")
                throw ExitCode.failed
            }
            return
        }
        Terminal.errors.write("Error: simulated guests have no console\n")
        throw ExitCode.failed
    }

    /// - Returns: why it did not work, or nil.
    private func attach(_ agent: AgentCommand, to wanted: String, fleet: Name?) async -> String? {
        do throws(HostError) {
            return try await agent.withSession { session in
                do throws(HostError) {
                    let live = try await session.observe()
                    let found = live.guests.filter { Self.matches($0.definition, wanted, fleet: fleet) }
                    guard let guest = found.first else {
                        let names = live.guests.map(\.definition.name.text).joined(separator: ", ")
                        return "there is no guest \(wanted) on this host"
                            + (names.isEmpty ? "" : "; there are: \(names)")
                    }
                    guard found.count == 1 else {
                        let names = found.map { "\($0.definition.owner.fleet)/\($0.definition.name)" }
                        return "\(wanted) is a guest of several fleets; say which: \(names.joined(separator: ", "))"
                    }
                    guard guest.hasProcess else { return "guest \(wanted) does not run" }
                    let reference = guest.definition.reference
                    Terminal.output.write(Array(try await session.consoleLog(of: reference).suffix(4_096)))
                    let keyboard = Keyboard()
                    defer { keyboard.restore() }
                    // Who leaves a terminal wants to leave; a script wants the answer to what it sent.
                    try await session.console(
                        of: reference, input: keyboard.input, lingers: !keyboard.isTerminal
                    ) { Terminal.output.write($0) }
                    return nil
                } catch {
                    return error.text
                }
            }
        } catch {
            return error.text
        }
    }

    private static func matches(_ definition: GuestDefinition, _ wanted: String, fleet: Name?) -> Bool {
        if wanted == "\(definition.owner.fleet)/\(definition.name)" { return true }
        let name = wanted.hasPrefix("guest.") ? String(wanted.dropFirst(6)) : wanted
        return name == definition.name.text && (fleet == nil || fleet == definition.owner.fleet)
    }
}
