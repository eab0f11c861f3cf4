import ArgumentParser
import FleetModel
import FoundationEssentials
import HostAgent
import Reconciler

/// One end of a copy, as it is typed.
enum CopyEnd: ExpressibleByArgument, Equatable, Sendable {
    case local(String)
    /// A path from the root of the guest's system.
    case guest(String, path: String)

    /// `GUEST:/PATH`, where the guest may have its fleet before it; all else is a path here.
    init(argument: String) {
        self = .local(argument)
        guard let colon = argument.firstIndex(of: ":") else { return }
        let path = String(argument[argument.index(after: colon)...])
        let guest = String(argument[..<colon])
        let name = guest.hasPrefix("guest.") ? String(guest.dropFirst(6)) : guest
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/"), parts.count <= 2, parts.allSatisfy({ Name(parsing: String($0)) != nil }) else {
            return
        }
        self = .guest(guest, path: path)
    }
}

struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copies a file to or from a guest, through its QEMU guest agent.",
        usage: "lodge copy [<options>] <path> <guest>:/<path>\nlodge copy [<options>] <guest>:/<path> <path>",
        discussion: "One file, with its permission bits; a folder as the target takes it under its name. The target "
            + "is replaced when the copy is whole: one that is interrupted leaves what was there.")

    @Argument(help: "A path here, or GUEST:/PATH.") var source: CopyEnd
    @Argument(help: "A path here, or GUEST:/PATH.") var target: CopyEnd
    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions

    func validate() throws {
        switch (source, target) {
        case (.local, .guest), (.guest, .local): break
        default:
            throw ValidationError("One of the two is in a guest: GUEST:/PATH, with the path from the guest's root.")
        }
    }

    func run() async throws {
        let stop = StopRequest()
        let interruption = Interruption(stop)
        defer { withExtendedLifetime(interruption) {} }
        let code: ExitCode
        switch (source, target) {
        case (.local(let here), .guest(let guest, let there)):
            code = try await copy(guest, stop) { reference, session throws(HostError) in
                let file = try SentFile(here)
                try await session.writeFile(
                    there, name: file.name, mode: file.mode, in: reference
                ) { () throws(HostError) in try file.next(AgentSession.partSize) }
            }
        case (.guest(let guest, let there), .local(let here)):
            code = try await copy(guest, stop) { reference, session throws(HostError) in
                let file = try ReceivedFile(here, name: there.split(separator: "/").last.map(String.init) ?? "")
                let mode = try await session.readFile(there, in: reference) { (data) throws(HostError) in
                    try file.append(data)
                }
                try file.commit(mode: mode ?? 0o644)
            }
        default: code = .success
        }
        guard code == .success else { throw code }
    }

    private func copy(
        _ guest: String, _ stop: StopRequest,
        _ body: @escaping @Sendable (GuestReference, AgentSession) async throws(HostError) -> Void
    ) async throws -> ExitCode {
        let search = GuestSearch(wanted: guest, declared: try manifests.read(), layout: host.layout)
        return await search.run("copy a file") { found, session in
            guard found.guest.hasProcess else { return notRunning(found) }
            return await untilStopped(stop) {
                do throws(HostError) {
                    try await body(found.reference, session)
                    return .success
                } catch {
                    return error.kind == .cancelled ? .interrupted : Terminal.fail(inLines(error.text))
                }
            }
        }
    }
}
