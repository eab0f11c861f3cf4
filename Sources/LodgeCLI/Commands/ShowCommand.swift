import ArgumentParser
import FleetModel

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the live fleet, or a saved plan.",
        discussion:
            "The live fleet: hosts, networks, guests, addresses, capacity. A saved plan: as lodge plan wrote it.")

    @Argument(help: "A plan that lodge plan --out saved; without it: the live fleet.")
    var file: String?

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: DocumentOptions

    @Flag(help: "Show what each guest of the manifests is to have, and the file and line that say so; asks no host.")
    var origins = false

    func validate() throws {
        guard !origins || !manifests.files.isEmpty else {
            throw ValidationError("--origins is about manifests: name them with -f PATH.")
        }
        guard !origins || output.format != .markdown else {
            throw ValidationError("--origins is written as text or json.")
        }
        guard file == nil || manifests.files.isEmpty else {
            throw ValidationError("A saved plan is shown as it is: -f does not go with it.")
        }
    }

    func run() async throws {
        if origins { return try showOrigins() }
        if let file {
            if let code = show(SavedPlanFile(path: file)) { throw code }
            return
        }
        try await showLive()
    }

    private func show(_ file: SavedPlanFile) -> ExitCode? {
        do throws(SavedPlanFile.Failure) {
            let saved = try file.read()
            output.write(saved.plan, created: saved.header.created, lodgeVersion: saved.header.lodgeVersion)
            return nil
        } catch {
            return Terminal.fail(error.text)
        }
    }

    private func showLive() async throws {
        let view = try await LiveView(manifests, host)
        switch output.format {
        case .json: Terminal.output.write(view.json)
        case .text, .markdown:
            let policies = Dictionary(uniqueKeysWithValues: (view.desired?.hosts ?? []).map { ($0.name, $0.policy) })
            if view.fleets.isEmpty { Terminal.output.write("There is no fleet on this host.\n") }
            for fleet in view.fleets {
                Terminal.output.write(
                    output.format == .markdown
                        ? renderShowMarkdown(fleet: fleet, hosts: view.hosts, policies: policies)
                        : renderShow(fleet: fleet, hosts: view.hosts, policies: policies, style: output.style))
            }
        }
        if let code = view.reportUnreachable() { throw code }
    }

    private func showOrigins() throws {
        guard let fleet = try manifests.read() else { return }
        switch output.format {
        case .json: Terminal.output.write(renderOriginsJSON(fleet))
        case .text, .markdown: Terminal.output.write(renderOrigins(fleet, style: output.style))
        }
    }
}
