import ArgumentParser
import FleetModel
import FoundationEssentials
import Glibc
import HostAgent
import HostSystem
import Synchronization

struct SSHCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh",
        abstract: "Logs in to a guest with OpenSSH, or runs a command there.",
        usage: "lodge ssh [<options>] <guest> [<command> …]",
        discussion: "Address, user and key come from the guest's definition. Its host key is learnt through its QEMU "
            + "guest agent or from what cloud-init printed on its console, never from the network, and pinned. lodge "
            + "becomes ssh: its exit code is ssh's. Options of lodge stand before the guest's name.")

    @OptionGroup var login: LoginOptions
    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions

    @Argument(help: "The guest: NAME, or FLEET/NAME where several fleets have one of that name.")
    var guest: String

    @Argument(parsing: .captureForPassthrough, help: "A command for the guest's shell; without one: a login.")
    var command: [String] = []

    func validate() throws {
        guard login.user?.isEmpty != true else { throw ValidationError("--user takes the name of a user.") }
    }

    func run() async throws {
        let search = GuestSearch(wanted: guest, declared: try manifests.read(), layout: host.layout)
        let environment = ProcessInfo.processInfo.environment
        guard let folder = PinnedHostKeys.folder(environment) else {
            throw Terminal.fail(
                "there is no place for the host keys of guests: HOME is not set\n  to do: set HOME or XDG_STATE_HOME")
        }
        let found = Mutex<(login: GuestLogin, name: Name)?>(nil)
        let code = await search.run("log in to a guest") { guest, session in
            guard guest.guest.hasProcess else { return notRunning(guest) }
            do {
                let way = try await login.way(into: guest, session, pinsIn: folder)
                found.withLock { $0 = (way, guest.reference.name) }
                return .success
            } catch {
                return Terminal.fail(
                    "cannot log in to guest \(guest.reference.name): \((error as? NoLogin)?.text ?? "\(error)")")
            }
        }
        guard code == .success, let (way, name) = found.withLock({ $0 }) else { throw code }
        if login.printsConfiguration {
            Terminal.output.write(way.configuration(host: name))
        } else {
            throw becomeSSH(way.arguments(command.first == "--" ? Array(command.dropFirst()) : command))
        }
    }
}

extension LoginOptions {
    /// Learns the guest's host keys, and pins them.
    ///
    /// - Parameter folder: for pinned keys.
    /// - Throws: `NoLogin`, `SystemError`.
    fileprivate func way(into found: FoundGuest, _ session: AgentSession, pinsIn folder: String) async throws
        -> GuestLogin
    {
        let definition = found.guest.definition
        let hints = LoginHints(guest: definition, nics: (found.guest.process?.spec ?? definition.spec).nics)
        let user = try user ?? hints.user()
        let pins = PinnedHostKeys(definition, folder: folder)
        var way = GuestLogin(
            address: try hints.address(of: nic), port: port, user: user,
            identity: identity ?? hints.identity(of: user, exists: Files.exists), isStrict: true, pins: pins,
            options: options)
        let pinned = pins.keys
        let learnt = await LearnHostKeys(guest: found.reference, session: session)(knowing: learn ? [] : pinned)
        if !learnt.isEmpty, learnt != pinned {
            if !pinned.isEmpty, pinned.isDisjoint(with: learnt) {
                Terminal.errors.write("lodge: guest \(definition.name) has new host keys, by its own word\n")
            }
            try pins.pin(learnt)
        } else if learnt.isEmpty, pinned.isEmpty {
            guard acceptNew else { throw NoLogin.unknownHostKey(of: definition.name) }
            way.isStrict = false
            try Files.makeFolder(folder, mode: 0o700)
        }
        return way
    }
}

/// Replaces this process, so that terminal, signals and exit code are ssh's own.
///
/// - Returns: the exit code, where there is no ssh.
private func becomeSSH(_ arguments: [String]) -> ExitCode {
    guard let ssh = Command.find("ssh") else {
        return Terminal.fail("ssh is not installed\n  to do: apt install openssh-client")
    }
    for number in [SIGINT, SIGTERM, SIGPIPE, SIGHUP] { signal(number, SIG_DFL) }
    var argv = (["ssh"] + arguments).map { strdup($0) } + [nil]
    execv(ssh, &argv)
    return Terminal.fail(SystemError.now("start", ssh).description)
}
