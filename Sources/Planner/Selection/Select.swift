import FleetModel

/// The part of a difference that a command asked for.
struct Selection {
    var difference: Difference
    private let options: PlanOptions
    private var kept: Set<ResourceAddress> = []

    /// True where a remark is about something that the plan deals with, or about the plan as a whole.
    func concerns(_ remark: Diagnostic) -> Bool {
        guard options.isPartial, let subject = remark.subject else { return true }
        if kept.contains(subject) { return true }
        return (options.targets.isEmpty || options.targets.contains(subject)) && !options.excludes.contains(subject)
    }

    /// Keeps the targets with all that they need, and drops the excluded objects with all that need them: so what is
    /// left never needs what was dropped. `host.NAME` stands for everything on the host.
    ///
    /// - Parameter resolved: what the difference was made from, for the cached files that stay in use.
    init(_ options: PlanOptions, of difference: Difference, _ resolved: ResolvedFleet, on observed: ObservedFleet) {
        self.options = options
        self.difference = difference
        guard options.isPartial else { return }
        for (index, host) in observed.hosts.enumerated() {
            let graph = NeedGraph(difference, host: index, host)
            let whole = ResourceAddress(.host, host.name)
            func nodes(named wanted: Set<ResourceAddress>) -> Set<Int> {
                guard !wanted.contains(whole) else { return Set(graph.nodes.indices) }
                return Set(graph.nodes.indices.filter { graph.addresses[$0].contains(where: wanted.contains) })
            }
            let targets = options.targets.isEmpty ? Set(graph.nodes.indices) : nodes(named: options.targets)
            let users = graph.nodes.indices.filter { node in
                guard case .guest(let position) = graph.nodes[node] else { return false }
                return difference.guests[index][position].uses(anyOf: options.excludes)
            }
            let dropped = graph.withDependents(graph.blocked.union(nodes(named: options.excludes)).union(users))
            let left = graph.withNeeds(targets).subtracting(dropped)
            keep(left, of: graph, index, resolved, on: host)
        }
    }

    private mutating func keep(
        _ left: Set<Int>, of graph: NeedGraph, _ index: Int, _ resolved: ResolvedFleet, on host: ObservedHost
    ) {
        var (networks, images, guests, leftovers): (Set<Int>, Set<Int>, Set<Int>, Set<Int>) = ([], [], [], [])
        for node in left {
            kept.formUnion(graph.addresses[node])
            switch graph.nodes[node] {
            case .network(let position): networks.insert(position)
            case .image(let position): images.insert(position)
            case .guest(let position): guests.insert(position)
            case .leftover(let position): leftovers.insert(position)
            }
        }
        difference.networks[index] = difference.networks[index].keeping(networks)
        difference.images[index] = difference.images[index].keeping(images)
        difference.guests[index] = difference.guests[index].keeping(guests)
        difference.leftovers[index] = difference.leftovers[index].keeping(leftovers)
        difference.groups[index] = groupGuests(
            difference.guests[index], networks: difference.networks[index], on: host)
        difference.released[index] = releasedFiles(
            on: host, guests: difference.guests[index], kept: resolved.guests[index],
            images: difference.images[index], removed: difference.leftovers[index])
    }
}

extension GuestTransition {
    /// True where the guest is to be on one of the networks, or on a disk from one of the images, changed or not.
    fileprivate func uses(anyOf addresses: Set<ResourceAddress>) -> Bool {
        guard !addresses.isEmpty, let spec = resolved?.spec else { return false }
        return spec.nics.contains { addresses.contains(ResourceAddress(.network, $0.network)) }
            || spec.disks.contains { disk in
                disk.base.map { addresses.contains(ResourceAddress(.image, $0.image)) } ?? false
            }
    }
}

extension Array {
    fileprivate func keeping(_ positions: Set<Int>) -> [Element] {
        indices.filter(positions.contains).map { self[$0] }
    }
}
