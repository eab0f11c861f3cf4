import FleetModel

/// What a guest's neighbours have to do with its change.
struct GuestSurroundings {
    /// Networks whose guests have to restart, with what happens to them.
    let readdressed: [ObjectID: String]
    /// Guests of which a NIC's address passes from one to another.
    let contended: Set<ObjectID>
    /// The names of the files in the host's cache.
    let cached: Set<String>
    /// Guests that are made anew though nothing about them has changed.
    let replacements: Set<ResourceAddress>

    /// What happens around a host's guests.
    ///
    /// - Parameter guests: those that the host is to have.
    init(
        on host: ObservedHost, networks: [NetworkTransition], guests: [ResolvedGuest], cached: Set<String>,
        replacements: Set<ResourceAddress>
    ) {
        readdressed = readdressings(networks)
        contended = contendedGuests(guests, on: host)
        self.cached = cached
        self.replacements = replacements
    }

    /// What happens to the addresses of networks that the guest is on, now or afterwards.
    func restartReasons(of guest: ResolvedGuest, _ live: LiveGuest) -> [String] {
        guard !readdressed.isEmpty else { return [] }
        var reasons: [String] = []
        for nic in guest.spec.nics + live.definition.spec.nics + (live.process?.spec.nics ?? []) {
            guard let reason = readdressed[nic.networkID], !reasons.contains(reason) else { continue }
            reasons.append(reason)
        }
        return reasons
    }
}

/// Networks whose addresses change under their guests, with what happens.
private func readdressings(_ networks: [NetworkTransition]) -> [ObjectID: String] {
    var reasons: [ObjectID: String] = [:]
    for network in networks { if let reason = network.readdressing { reasons[network.id] = reason } }
    let names = Dictionary(networks.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    for (old, new) in networks.displacements {
        guard let leaving = names[old], let coming = names[new] else { continue }
        let reason = "network.\(coming) takes the place of network.\(leaving)"
        reasons[old] = reasons[old] ?? reason
        reasons[new] = reasons[new] ?? reason
    }
    return reasons
}

/// Guests that give a NIC's address to another one or take it from one, both of which stay. Guests that do not
/// change keep their addresses, so only those that do have to be looked at.
private func contendedGuests(_ guests: [ResolvedGuest], on host: ObservedHost) -> Set<ObjectID> {
    let changing = guests.filter { guest in
        guard let position = guest.live else { return !guest.spec.nics.isEmpty }
        let live = host.live.guests[position]
        return live.definition.spec.nics != guest.spec.nics || live.effectiveSpec.nics != guest.spec.nics
    }
    var holders: [Address: ObjectID] = [:]
    for guest in changing {
        guard let position = guest.live else { continue }
        let live = host.live.guests[position]
        for nic in live.definition.spec.nics + (live.process?.spec.nics ?? []) {
            for address in nic.addresses { holders[address] = guest.id }
        }
    }
    var contended: Set<ObjectID> = []
    for guest in changing {
        for address in guest.spec.nics.flatMap(\.addresses) {
            guard let holder = holders[address], holder != guest.id else { continue }
            contended.formUnion([holder, guest.id])
        }
    }
    return contended
}

private enum Address: Hashable {
    case mac(MACAddress)
    case ipv4(ObjectID, IPv4Address)
}

extension NICSpec {
    fileprivate var addresses: [Address] { [.mac(mac), .ipv4(networkID, ipv4)] }
}
