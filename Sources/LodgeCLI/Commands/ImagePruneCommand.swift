import ArgumentParser
import FleetModel
import HostAgent
import Reconciler

struct ImagePruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Removes cached files that no image and no guest refers to, and parts of files.",
        discussion:
            "What an image of any fleet claims stays, and so does what a guest is made from. lodge image list shows "
            + "what is there.")

    @Flag(name: .customLong("auto-approve"), help: "Do not ask before anything is removed.")
    var isApproved = false
    @OptionGroup var lock: LockOptions
    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: OutputOptions

    /// A file that goes.
    private struct Removal: Encodable, Sendable {
        var host: Name
        var path: String
        let leftover: Leftover

        enum CodingKeys: String, CodingKey { case host, path }
    }

    func run() async throws {
        let hosts = try manifests.hosts()
        let code = await withConnections(to: hosts, layout: host.layout) { await prune($0) }
        if code != .success { throw code }
    }

    private func prune(_ connections: Connections) async -> ExitCode {
        do throws(HostError) {
            try await Reconciler.lock(connections, holder: LockOptions.holder, timeout: lock.timeout)
        } catch {
            return Terminal.fail(inLines(error.text))
        }
        let observations = await observe(connections)
        var removals: [Removal] = []
        for (name, observation) in observations {
            guard case .observed(let live) = observation else { continue }
            removals += live.leftovers.filter { isCached($0) }
                .map { Removal(host: name, path: $0.subject, leftover: $0) }
        }
        removals.sort { ($0.host, $0.path) < ($1.host, $1.path) }
        let unreachable = inOrder(observations.unreachable)
        Terminal.errors.write(renderDiagnostics(unreachable, style: Terminal.errors.style))
        let ending: ExitCode =
            unreachable.isEmpty ? .success : unreachable.count == observations.count ? .failed : .partial
        if removals.isEmpty {
            say(removals, "There is nothing to remove.")
            return ending
        }
        if output.format == .text || !isApproved {
            let terminal = output.format == .text ? Terminal.output : Terminal.errors
            terminal.write(removals.map { "  - \($0.path.visible) on \($0.host)\n" }.joined())
        }
        guard isApproved || Terminal.canAsk else {
            return Terminal.fail("there is nobody to ask for approval; pass --auto-approve to remove without asking")
        }
        let terminal = output.format == .text ? Terminal.output : Terminal.errors
        let question = "Do you want Lodge to remove \(counted(removals.count, "file"))?"
        guard isApproved || Terminal.confirm(question, on: terminal) else {
            return Terminal.fail("not approved; nothing was removed")
        }
        for (position, removal) in removals.enumerated() {
            if let failure = await remove(removal, position, connections) {
                return Terminal.fail(inLines(failure.text))
            }
        }
        say(removals, "Removed \(counted(removals.count, "file")).")
        return ending
    }

    /// A simulated host's files are named from its own folder on.
    private func isCached(_ leftover: Leftover) -> Bool {
        switch leftover.kind {
        case .cacheFile: true
        case .temporaryFile:
            leftover.subject.hasPrefix(host.layout.cacheFolder + "/") || leftover.subject.hasPrefix("images/")
        default: false
        }
    }

    private func remove(_ removal: Removal, _ position: Int, _ connections: Connections) async -> HostError? {
        let step = Step(
            id: position, address: ResourceAddress(removal.leftover), host: removal.host, verb: "remove",
            operation: .removeLeftover(removal.leftover))
        do throws(HostError) {
            guard let connection = connections[removal.host] else { return nil }
            _ = try await connection.get().perform(step, policy: HostPolicy()) { _ in }
            return nil
        } catch {
            return error
        }
    }

    private func say(_ removed: [Removal], _ text: String) {
        switch output.format {
        case .text: Terminal.output.write(text + "\n")
        case .json:
            Terminal.output.write(String(decoding: CanonicalJSON.bytes(of: ["removed": removed]), as: UTF8.self) + "\n")
        }
    }
}
