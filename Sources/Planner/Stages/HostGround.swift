import FleetModel

/// What is on a host that guests need to come up, whole as observed, and that the plan leaves as it is.
struct HostGround {
    private let networks: [ObjectID: Fingerprint]
    private let cached: Set<String>
    private let claims: [Name: String]
    private let hasEmulator: Bool

    init(_ host: ObservedHost, _ networks: [NetworkTransition], _ images: [ImageTransition]) {
        let changed = Set(networks.lazy.filter { $0.desired == nil || $0.definition != nil }.map(\.id))
        let whole = host.networks.values.lazy.filter {
            !changed.contains($0.definition.id) && $0.defectsForGuests.isEmpty
        }
        self.networks = Dictionary(
            whole.map { ($0.definition.id, Fingerprint(specOf: $0)) }, uniquingKeysWith: { first, _ in first })
        cached = Set(host.live.cache.map(\.fileName))
        let touched = Set(images.map(\.name))
        claims = host.images.filter { !touched.contains($0.key) }.mapValues(\.file.fileName)
        hasEmulator = host.live.facts.qemuVersion != nil
    }

    /// Nil: the guest does not run afterwards, and needs nothing.
    func reliances(of guest: GuestTransition) -> [Reliance]? {
        guard guest.starts || guest.definesLive, let spec = guest.resolved?.spec else { return nil }
        var seen: Set<ObjectID> = []
        var reliances: [Reliance] = spec.nics.compactMap { nic in
            guard let fingerprint = networks[nic.networkID], seen.insert(nic.networkID).inserted else { return nil }
            return .network(nic.networkID, name: nic.network, fingerprint)
        }
        reliances += spec.cachedFiles.intersection(cached).sorted().map { .cachedFile($0) }
        var images: Set<Name> = []
        for base in spec.disks.compactMap(\.base) where images.insert(base.image).inserted {
            if claims[base.image] == base.fileName { reliances.append(.claim(image: base.image, file: base.fileName)) }
        }
        if guest.starts, hasEmulator { reliances.append(.emulator) }
        return reliances
    }
}
