import ArgumentParser
import FleetModel
import Reconciler

/// What the commands that only look have in common: the hosts, as they were observed, and the fleets to show.
struct LiveView: Sendable {
    let desired: DesiredFleet?
    let hosts: [Name: HostObservation]

    init(_ manifests: OptionalManifestOptions, _ host: HostOptions) async throws {
        let desired = try manifests.read()
        let declared = desired?.hosts ?? [DesiredHost(name: Name(parsing: "local")!)]
        self.desired = desired
        hosts = await withConnections(to: declared, layout: host.layout) { await observe($0) }
    }

    /// The manifests' fleet, or every fleet that the hosts hold.
    var fleets: [Name] {
        if let desired { return [desired.name] }
        var names: Set<Name> = []
        for case .observed(let live) in hosts.values {
            names.formUnion(live.guests.map(\.definition.owner.fleet))
            names.formUnion(live.networks.map(\.definition.owner.fleet))
            names.formUnion(live.retained.map(\.owner.fleet))
        }
        return names.sorted()
    }

    /// Writes the errors of hosts that could not be observed.
    ///
    /// - Returns: the exit code where there are any.
    func reportUnreachable() -> ExitCode? {
        let unreachable = inOrder(hosts.unreachable)
        Terminal.errors.write(renderDiagnostics(unreachable, style: Terminal.errors.style))
        return unreachable.isEmpty ? nil : unreachable.count == hosts.count ? .failed : .partial
    }

    /// The observed hosts as one JSON object, by name.
    var json: String {
        let observed = hosts.compactMapValues { if case .observed(let live) = $0 { live } else { nil } }
        return String(decoding: CanonicalJSON.bytes(of: observed), as: UTF8.self) + "\n"
    }
}
