import FleetModel

/// The hosts that were observed, indexed for look-ups.
struct ObservedFleet {
    let name: Name
    /// Sorted by name.
    let hosts: [ObservedHost]
    /// Positions in `hosts`.
    let index: [Name: Int]
    let unreachable: [Name: Diagnostic]
    /// True where a declared host could not be observed: what is absent here may live there.
    let isPartial: Bool

    init(desired: DesiredFleet, hosts observations: [Name: HostObservation]) {
        name = desired.name
        let declared = Dictionary(desired.hosts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var hosts: [ObservedHost] = []
        for (name, observation) in observations.sorted(by: { $0.key < $1.key }) {
            guard case .observed(let live) = observation else { continue }
            hosts.append(
                ObservedHost(
                    name: name, live: live, policy: declared[name]?.policy ?? HostPolicy(),
                    cordoned: declared[name]?.cordoned ?? false, fleet: desired.name))
        }
        self.hosts = hosts
        unreachable = observations.unreachable
        index = Dictionary(uniqueKeysWithValues: hosts.indices.map { (hosts[$0].name, $0) })
        isPartial = !unreachable.isEmpty || desired.hosts.contains { observations[$0.name] == nil }
    }
}
