import FleetModel

/// What one network on one host goes through. The order of its steps is fixed: rename, ensure or remove.
struct NetworkTransition {
    let id: ObjectID
    let name: Name
    let change: Change
    let live: LiveNetwork?
    /// Nil: it is removed.
    let desired: DesiredNetwork?
    let renames: Bool
    /// What `network.json` is to say; nil: only its name changes, or it is removed.
    let definition: NetworkDefinition?
    /// Why the guests on it have to restart.
    let readdressing: String?

    /// The subnet that it does not have yet.
    var newSubnet: IPv4Subnet? {
        guard let subnet = definition?.spec.subnet, subnet != live?.definition.spec.subnet else { return nil }
        return subnet
    }
}

/// Compares a host's networks with those that its guests are to be on.
///
/// - Parameter names: The networks that any host carries, to say why one goes from this host.
func diffNetworks(
    _ carried: [Name: CarriedNetwork], on host: ObservedHost, isFleetWide names: Set<Name>
) -> [NetworkTransition] {
    var transitions = carried.values.compactMap { $0.transition(on: host) }
    let kept = Set(carried.values.compactMap { $0.live?.definition.id })
    for live in host.networks.values where !kept.contains(live.definition.id) {
        let name = live.definition.name
        let cause = names.contains(name) ? "no guest on \(host.name) is on it any more" : "no guest is on it any more"
        let change = Change(
            address: ResourceAddress(.network, name), host: host.name, action: .destroy, impact: .live, causes: [cause],
            before: .network(live.definition.spec))
        transitions.append(
            NetworkTransition(
                id: live.definition.id, name: name, change: change, live: live, desired: nil, renames: false,
                definition: nil, readdressing: nil))
    }
    return transitions.sorted { $0.name < $1.name }
}

extension CarriedNetwork {
    fileprivate func transition(on host: ObservedHost) -> NetworkTransition? {
        let address = ResourceAddress(.network, desired.name)
        guard let live else {
            let definition = NetworkDefinition(id: id, owner: host.owner, name: desired.name, spec: desired.spec)
            let change = Change(
                address: address, host: host.name, action: .create, impact: nil, after: .network(desired.spec))
            return NetworkTransition(
                id: id, name: desired.name, change: change, live: nil, desired: desired, renames: false,
                definition: definition, readdressing: nil)
        }
        var fields: [Change.Field] = []
        let renames = live.definition.name != desired.name
        if renames {
            fields.append(
                .init(path: "name", before: live.definition.name.text, after: desired.name.text, impact: .live))
        }
        let changed =
            networkFields
            .compactMap { $0.verdict(from: live.definition.spec, to: desired.spec, .none)?.field }
        fields += changed
        guard !fields.isEmpty || !live.defects.isEmpty else { return nil }
        let origins = FieldOrigins(desired)
        for index in fields.indices { fields[index].origin = origins.origin(of: fields[index].path) }

        let restarting = changed.filter { $0.impact >= .restart }
        let change = Change(
            address: address, host: host.name, action: .update, impact: fields.map(\.impact).max() ?? .live,
            causes: live.defects.map(\.text), fields: fields, renamedFrom: renames ? live.definition.name : nil,
            isDrift: !live.defects.isEmpty, before: .network(live.definition.spec), after: .network(desired.spec))
        let definition = NetworkDefinition(
            id: id, owner: host.owner, name: desired.name,
            generation: live.definition.generation + (changed.isEmpty ? 0 : 1), spec: desired.spec)
        let what = restarting.contains { $0.path == "ipv4.subnet" } ? "subnet" : "gateway"
        return NetworkTransition(
            id: id, name: desired.name, change: change, live: live, desired: desired, renames: renames,
            definition: changed.isEmpty && live.defects.isEmpty ? nil : definition,
            readdressing: restarting.isEmpty ? nil : "network.\(desired.name) changes its \(what)")
    }
}

extension Remarks {
    /// Refuses a subnet that the host reaches another way already; warns where that came about later.
    mutating func checkOverlaps(of networks: [NetworkTransition], on host: ObservedHost) {
        for network in networks {
            guard let subnet = network.definition?.spec.subnet, let desired = network.desired else { continue }
            for (other, holder) in host.foreignSubnets where other.overlaps(subnet) {
                let summary =
                    "network.\(network.name): \(subnet) overlaps \(other), which host.\(host.name) has \(holder)"
                let range = FieldOrigins(desired).origin(of: "ipv4.subnet") ?? desired.origin
                if network.newSubnet != nil {
                    refuse(
                        "subnet-overlap", summary, help: "choose another ipv4.subnet", range: range,
                        about: network.change.address)
                } else {
                    warn(
                        "subnet-overlap", summary, help: "choose another ipv4.subnet", range: range,
                        about: network.change.address)
                }
            }
        }
    }
}

extension ObservedHost {
    /// The subnets on the host that are not this fleet's, and by what it has each.
    fileprivate var foreignSubnets: [(IPv4Subnet, String)] {
        live.facts.routes.map { ($0.subnet, "on interface \($0.interface)") }
            + live.networks.filter { $0.definition.owner != owner }.map {
                ($0.definition.spec.subnet, "as network.\($0.definition.name) of fleet \($0.definition.owner.fleet)")
            }
    }
}
