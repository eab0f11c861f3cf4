import ArgumentParser
import FleetModel
import Planner

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "One line a guest: host, power, address, CPUs, memory, cloud-init, drift.")

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = try await LiveView(manifests, host, asksGuests: true)
        let plan = view.desired.map { makePlan(desired: $0, hosts: view.hosts) }
        switch output.format {
        case .json: Terminal.output.write(view.json)
        case .text:
            if view.fleets.isEmpty { Terminal.output.write("There is no guest on this host.\n") }
            for fleet in view.fleets {
                Terminal.output.write(
                    renderStatus(
                        fleet: fleet, hosts: view.hosts, plan: plan, cloudInit: view.cloudInit, style: output.style))
            }
        }
        if let code = view.reportUnreachable() { throw code }
    }
}
