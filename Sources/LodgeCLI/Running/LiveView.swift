import ArgumentParser
import FleetModel
import Reconciler

/// What the commands that only look have in common: the hosts, as they were observed, and the fleets to show.
struct LiveView: Sendable {
    let desired: DesiredFleet?
    let hosts: [Name: HostObservation]
    /// By host and guest; empty where it was not asked for.
    let cloudInit: [Name: [ObjectID: CloudInitReport]]

    /// - Parameter asksGuests: what cloud-init says in the guests, too.
    init(_ manifests: OptionalManifestOptions, _ host: HostOptions, asksGuests: Bool = false) async throws {
        let desired = try manifests.read()
        let declared = desired?.hosts ?? [.local]
        self.desired = desired
        (hosts, cloudInit) = await withConnections(to: declared, layout: host.layout) { connections in
            async let reports = asksGuests ? cloudInitReports(connections) : [:]
            return (await observe(connections), await reports)
        }
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

    /// The observed hosts as one JSON object, by name; in guests whose cloud-init says something, that too.
    var json: String {
        var document: [Name: JSONValue] = [:]
        for case (let name, .observed(let live)) in hosts {
            var host = JSONValue(encoding: live)
            if case .array(var guests)? = host["guests"] {
                for (index, guest) in live.guests.enumerated() {
                    guests[index]["cloudInit"] = cloudInit[name]?[guest.definition.id].map { JSONValue(encoding: $0) }
                }
                host["guests"] = .array(guests)
            }
            document[name] = host
        }
        return String(decoding: CanonicalJSON.bytes(of: document), as: UTF8.self) + "\n"
    }
}
