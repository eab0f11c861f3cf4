import FleetModel

/// What is not any more as it was last applied, whatever the manifests say by now. Nothing is planned about it.
///
/// - Returns: sorted by kind, name and host; each with its causes.
public func findDrift(of fleet: Name, hosts: [Name: HostObservation]) -> [Change] {
    var changes: [Change] = []
    for (name, observation) in hosts {
        guard case .observed(let live) = observation else { continue }
        let host = ObservedHost(name: name, live: live, policy: HostPolicy(), cordoned: false, fleet: fleet)
        func add(_ address: ResourceAddress, _ causes: [String], _ object: Change.Object) {
            guard !causes.isEmpty else { return }
            changes.append(
                Change(
                    address: address, host: name, action: .update, impact: nil, causes: causes, isDrift: true,
                    before: object, after: object))
        }
        for position in host.ours {
            let guest = live.guests[position]
            add(
                ResourceAddress(.guest, guest.definition.name), driftCauses(of: guest),
                .guest(guest.definition.spec))
        }
        for network in host.networks.values {
            add(
                ResourceAddress(.network, network.definition.name), network.defects.map(\.text),
                .network(network.definition.spec))
        }
        let cached = Set(live.cache.map(\.fileName))
        for image in host.images.values where !cached.contains(image.file.fileName) {
            add(ResourceAddress(.image, image.name), ["its file is missing from the cache"], .image(image))
        }
        for leftover in live.leftovers where leftover.fleet == nil || leftover.fleet == fleet {
            add(
                ResourceAddress(leftover), ["\(leftover.text) belongs to no definition: \(leftover.proof)"],
                .leftover(leftover))
        }
    }
    return changes.sorted { $0.address == $1.address ? $0.host < $1.host : $0.address < $1.address }
}
