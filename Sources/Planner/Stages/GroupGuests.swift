import FleetModel

/// Guests of one host that have to be down together, before any of them is defined or started again: because a
/// network under them changes its addresses, or because one takes an address that another one has.
struct GuestGroup {
    /// Positions in the host's guest transitions, ascending.
    var members: [Int]
    /// Networks that are brought up once all members are down.
    var ensured: Set<ObjectID> = []
    /// Networks that make room for another one: removed once all members are down, before any is defined again.
    var removedEarly: Set<ObjectID> = []
}

/// Finds the groups among a host's guests. A guest is in one at most.
func groupGuests(
    _ guests: [GuestTransition], networks: [NetworkTransition], on host: ObservedHost
) -> [GuestGroup] {
    // Without a live object of ours there is nothing to make room.
    guard !host.ours.isEmpty || !host.networks.isEmpty, !guests.isEmpty else { return [] }
    var sets = DisjointSets(count: guests.count)
    var ensured: [(network: ObjectID, member: Int)] = []
    var removed: [(network: ObjectID, member: Int)] = []
    var grouped: Set<Int> = []

    func join(_ members: [Int]) {
        grouped.formUnion(members)
        for member in members.dropFirst() { sets.join(members[0], member) }
    }

    let occupants = Occupants(guests)
    for network in networks where network.readdressing != nil {
        let members = occupants.on(network.id)
        guard let first = members.first else { continue }
        join(members)
        ensured.append((network.id, first))
    }
    for (old, new) in networks.displacements {
        let members = (occupants.on(old) + occupants.on(new)).sorted()
        guard let first = members.first else { continue }
        join(members)
        ensured.append((new, first))
        removed.append((old, first))
    }
    for pair in occupants.addressConflicts { join(pair) }

    var groups: [Int: GuestGroup] = [:]
    for member in grouped.sorted() { groups[sets.root(of: member), default: .init(members: [])].members.append(member) }
    for (network, member) in ensured { groups[sets.root(of: member)]?.ensured.insert(network) }
    for (network, member) in removed { groups[sets.root(of: member)]?.removedEarly.insert(network) }
    return groups.values.sorted { $0.members[0] < $1.members[0] }
}

extension [NetworkTransition] {
    /// Networks that go, each with one that takes addresses of its subnet.
    var displacements: [(old: ObjectID, new: ObjectID)] {
        let leaving = filter { $0.desired == nil }
        guard !leaving.isEmpty else { return [] }
        return flatMap { new -> [(old: ObjectID, new: ObjectID)] in
            guard let subnet = new.newSubnet else { return [] }
            return leaving.compactMap { old in
                old.live?.definition.spec.subnet.overlaps(subnet) == true ? (old.id, new.id) : nil
            }
        }
    }
}

/// Which guests are on which network now or afterwards, and which addresses pass from one to another.
private struct Occupants {
    private var byNetwork: [ObjectID: [Int]] = [:]
    private(set) var addressConflicts: [[Int]] = []

    private enum Address: Hashable {
        case mac(MACAddress)
        case ipv4(ObjectID, IPv4Address)
    }

    init(_ guests: [GuestTransition]) {
        var holders: [Address: Int] = [:]
        for (position, guest) in guests.enumerated() {
            var networks: Set<ObjectID> = []
            for nic in guest.liveNICs {
                networks.insert(nic.networkID)
                holders[.mac(nic.mac)] = position
                holders[.ipv4(nic.networkID, nic.ipv4)] = position
            }
            for nic in guest.resolved?.spec.nics ?? [] { networks.insert(nic.networkID) }
            for network in networks { byNetwork[network, default: []].append(position) }
        }
        guard !holders.isEmpty else { return }
        for (position, guest) in guests.enumerated() {
            for nic in guest.resolved?.spec.nics ?? [] {
                for address in [Address.mac(nic.mac), .ipv4(nic.networkID, nic.ipv4)] {
                    guard let holder = holders[address], holder != position else { continue }
                    addressConflicts.append([min(holder, position), max(holder, position)])
                }
            }
        }
    }

    func on(_ network: ObjectID) -> [Int] { byNetwork[network] ?? [] }
}

extension GuestTransition {
    /// Those of the definition and those of the process.
    fileprivate var liveNICs: [NICSpec] {
        guard let live else { return [] }
        let defined = live.definition.spec.nics
        guard let running = live.process?.spec.nics, running != defined else { return defined }
        return defined + running
    }
}
