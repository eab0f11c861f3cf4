import ArgumentParser
import FleetModel

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the live fleet: hosts, networks, guests, addresses, capacity.")

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: DocumentOptions

    func run() async throws {
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
}
