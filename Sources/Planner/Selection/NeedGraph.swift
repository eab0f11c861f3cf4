import FleetModel

/// What is to change on one host, and which changes do not make sense without which others.
struct NeedGraph {
    enum Node: Hashable {
        /// Positions in the host's lists of a ``Difference``.
        case network(Int)
        case image(Int)
        case guest(Int)
        case leftover(Int)
    }

    private(set) var nodes: [Node] = []
    /// For each node the addresses that name it, a former one among them.
    private(set) var addresses: [[ResourceAddress]] = []
    /// For each node the positions of those without which it cannot be.
    private var needs: [[Int]] = []
    private var index: [Node: Int] = [:]
    /// Networks that would go although a guest on them has no transition, as one that was refused has none.
    private(set) var blocked: Set<Int> = []

    init(_ difference: Difference, host: Int, _ observed: ObservedHost) {
        let (networks, images) = (difference.networks[host], difference.images[host])
        let (guests, leftovers) = (difference.guests[host], difference.leftovers[host])
        for position in networks.indices { add(.network(position), networks[position].change) }
        for position in images.indices { add(.image(position), images[position].change) }
        for position in guests.indices { add(.guest(position), guests[position].change) }
        for position in leftovers.indices {
            add(.leftover(position), addresses: [ResourceAddress(leftovers[position])])
        }
        connectGuests(guests, networks, images, leftovers)
        connectNetworks(networks, guests, leftovers)
        for (position, image) in images.enumerated() {
            guard image.definition == nil, let file = image.live?.file else { continue }
            for guest in guests.indices where guests[guest].live?.cachedFiles.contains(file.fileName) == true {
                need(.image(position), .guest(guest))
            }
        }
        for group in difference.groups[host] { connect(group, networks) }
        let changing = Set(guests.compactMap { $0.live?.definition.id })
        let staying = observed.ours.map { observed.live.guests[$0] }.filter { !changing.contains($0.definition.id) }
        let inUse = Set(staying.flatMap { $0.definition.spec.nics + ($0.process?.spec.nics ?? []) }.map(\.networkID))
        for (position, network) in networks.enumerated() where network.desired == nil && inUse.contains(network.id) {
            if let node = index[.network(position)] { blocked.insert(node) }
        }
    }

    private mutating func add(_ node: Node, _ change: Change) {
        add(
            node,
            addresses: [change.address] + (change.renamedFrom.map { [ResourceAddress(change.address.kind, $0)] } ?? []))
    }

    private mutating func add(_ node: Node, addresses: [ResourceAddress]) {
        index[node] = nodes.count
        nodes.append(node)
        self.addresses.append(addresses)
        needs.append([])
    }

    private mutating func need(_ node: Node, _ other: Node) {
        guard let node = index[node], let other = index[other] else { return }
        needs[node].append(other)
    }

    /// A guest needs the networks and images that it is to have, and room where it is to stand.
    private mutating func connectGuests(
        _ guests: [GuestTransition], _ networks: [NetworkTransition], _ images: [ImageTransition],
        _ leftovers: [Leftover]
    ) {
        let networkPositions = Dictionary(
            networks.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let imagePositions = Dictionary(
            images.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        for (position, guest) in guests.enumerated() {
            guard let spec = guest.resolved?.spec else { continue }
            for nic in spec.nics {
                if let network = networkPositions[nic.networkID] { need(.guest(position), .network(network)) }
            }
            for disk in spec.disks {
                if let image = disk.base.flatMap({ imagePositions[$0.image] }) { need(.guest(position), .image(image)) }
            }
            guard guest.live == nil || guest.renames else { continue }
            for (leftover, item) in leftovers.enumerated() {
                let mayBeInTheWay = item.process != nil || item.kind == .runFolder
                if mayBeInTheWay || item.isInTheWay(of: guest.name.text) {
                    need(.guest(position), .leftover(leftover))
                }
            }
        }
    }

    /// A network that goes needs that nobody is on it; one that comes needs its subnet and its name to be free.
    private mutating func connectNetworks(
        _ networks: [NetworkTransition], _ guests: [GuestTransition], _ leftovers: [Leftover]
    ) {
        for (position, network) in networks.enumerated() {
            if network.desired == nil {
                for guest in guests.indices where guests[guest].wasOn(network.id) {
                    need(.network(position), .guest(guest))
                }
            } else if network.live == nil || network.renames {
                for leftover in leftovers.indices where leftovers[leftover].isInTheWay(of: network.name.text) {
                    need(.network(position), .leftover(leftover))
                }
            }
            guard let subnet = network.newSubnet else { continue }
            for (other, old) in networks.enumerated()
            where old.desired == nil && old.live?.definition.spec.subnet.overlaps(subnet) == true {
                need(.network(position), .network(other))
            }
        }
    }

    /// Guests that are down together, and the networks that change meanwhile, change together or not at all.
    private mutating func connect(_ group: GuestGroup, _ networks: [NetworkTransition]) {
        let gates = group.ensured.union(group.removedEarly)
        var members = group.members.map { Node.guest($0) }
        members += networks.indices.filter { gates.contains(networks[$0].id) }.map { .network($0) }
        for (member, next) in zip(members, members.dropFirst() + members.prefix(1)) { need(member, next) }
    }

    /// The chosen nodes and all that they need.
    func withNeeds(_ chosen: Set<Int>) -> Set<Int> { reach(chosen, along: needs) }

    /// The chosen nodes and all that need them.
    func withDependents(_ chosen: Set<Int>) -> Set<Int> {
        var dependents: [[Int]] = Array(repeating: [], count: nodes.count)
        for node in needs.indices { for need in needs[node] { dependents[need].append(node) } }
        return reach(chosen, along: dependents)
    }

    private func reach(_ start: Set<Int>, along edges: [[Int]]) -> Set<Int> {
        var reached = start
        var open = Array(start)
        while let node = open.popLast() {
            for next in edges[node] where reached.insert(next).inserted { open.append(next) }
        }
        return reached
    }
}
