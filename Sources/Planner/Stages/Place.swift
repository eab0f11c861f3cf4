import FleetModel

/// Which host each desired guest belongs to.
struct Placement {
    struct Guest {
        let desired: DesiredGuest
        /// A position in `ObservedFleet.hosts`.
        let host: Int
        /// The live guest that it is: a position in that host's `live.guests`.
        let live: Int?
    }

    /// Sorted by name. Guests that cannot be placed are left out.
    var guests: [Guest] = []
    /// For each host the live guests, as positions in `live.guests`, that the manifests still ask for.
    var wanted: [Set<Int>]
    var remarks = Remarks()
}

/// Puts each guest where it is pinned, else where it lives, else where the most memory is left.
func place(_ desired: DesiredFleet, on observed: ObservedFleet) -> Placement {
    var placement = Placement(wanted: Array(repeating: [], count: observed.hosts.count))
    let guests = desired.guests.sorted { $0.name < $1.name }
    var residents = Residents(guests, observed)
    var homeless: [DesiredGuest] = []
    var unobserved: [Name: [DesiredGuest]] = [:]

    for guest in guests {
        let places = residents.places(of: guest, &placement.remarks)
        for place in places { placement.wanted[place.host].insert(place.live) }
        if places.count > 1 {
            placement.remarks.refuseTwice(guest, places.map { observed.hosts[$0.host].name })
        } else if let place = places.first {
            let host = observed.hosts[place.host].name
            if let pinned = guest.host, pinned != host {
                placement.remarks.refuseMove(of: guest, from: host, to: pinned)
            } else {
                placement.guests.append(.init(desired: guest, host: place.host, live: place.live))
            }
        } else if let pinned = guest.host {
            if let host = observed.index[pinned] {
                placement.guests.append(.init(desired: guest, host: host, live: nil))
            } else {
                unobserved[pinned, default: []].append(guest)
            }
        } else {
            homeless.append(guest)
        }
    }
    for (host, guests) in unobserved.sorted(by: { $0.key < $1.key }) {
        placement.remarks.warnUnplanned(guests, "host.\(host) was not observed")
    }
    placement.settle(homeless, on: observed)
    return placement
}

extension Placement {
    /// Places guests that are neither pinned nor live anywhere.
    fileprivate mutating func settle(_ homeless: [DesiredGuest], on observed: ObservedFleet) {
        guard !homeless.isEmpty else { return }
        guard !observed.isPartial else {
            remarks.warnUnplanned(homeless, "not all hosts were observed, and what is found on none may live on those")
            return
        }
        var heap = FreeMemoryHeap(freeMemory(on: observed))
        guard !heap.isEmpty else {
            for guest in homeless {
                remarks.refuse(
                    "no-host", "guest.\(guest.name) cannot be placed: every host is cordoned",
                    help: "pin it with spec.host, or set cordoned: false on a host", range: guest.origin,
                    about: ResourceAddress(.guest, guest.name))
            }
            return
        }
        for guest in homeless {
            guard let host = heap.top?.host else { break }
            heap.take(expectedCost(of: guest, on: observed.hosts[host]))
            guests.append(.init(desired: guest, host: host, live: nil))
        }
        guests.sort { $0.desired.name < $1.desired.name }
    }

    /// What is left on each host that takes new guests, once its residents are as the manifests want them.
    private func freeMemory(on observed: ObservedFleet) -> [FreeMemoryHeap.Entry] {
        var free = observed.hosts.map { host in
            var free = host.allocatable.memory.bytes
            for stranger in host.live.strangers { free -= stranger.memory.bytes }
            for leftover in host.live.leftovers { free -= leftover.process?.memory.bytes ?? 0 }
            for guest in host.live.guests where guest.definition.owner != host.owner { free -= guest.memoryCost.bytes }
            return free
        }
        for guest in guests { free[guest.host] -= expectedCost(of: guest.desired, on: observed.hosts[guest.host]) }
        return observed.hosts.indices.filter { !observed.hosts[$0].cordoned }.map { ($0, free[$0]) }
    }

    private func expectedCost(of guest: DesiredGuest, on host: ObservedHost) -> Int64 {
        guard guest.power == .running else { return 0 }
        let accelerator: Accelerator =
            switch guest.accelerator {
            case .auto: host.preferredAccelerator
            case .kvm: .kvm
            case .tcg: .tcg
            }
        return (guest.memory + MemoryCost.overhead(memory: guest.memory, accelerator: accelerator)).bytes
    }
}

/// Where the fleet's guests live, by name.
private struct Residents {
    typealias Place = (host: Int, live: Int)

    private var places: [Name: [Place]] = [:]
    private let desired: Set<Name>
    private var renamed: Set<Name> = []

    init(_ guests: [DesiredGuest], _ observed: ObservedFleet) {
        desired = Set(guests.map(\.name))
        for (index, host) in observed.hosts.enumerated() {
            for live in host.ours { places[host.live.guests[live].definition.name, default: []].append((index, live)) }
        }
    }

    /// The live guests that this one is: those of its name, else those of the name that it had.
    mutating func places(of guest: DesiredGuest, _ remarks: inout Remarks) -> [Place] {
        let byName = places[guest.name] ?? []
        guard let former = guest.formerly, !desired.contains(former), let byFormer = places[former],
            !renamed.contains(former)
        else { return byName }
        renamed.insert(former)
        guard !byName.isEmpty else { return byFormer }
        remarks.refuse(
            "rename-ambiguous",
            "guest.\(guest.name) was formerly guest.\(former), and both are on the hosts",
            help: "remove metadata.formerly, which plans guest.\(former) for removal, or rename in two applies",
            range: guest.origin,
            about: ResourceAddress(.guest, guest.name))
        return byName
    }
}

extension Remarks {
    fileprivate mutating func warnUnplanned(_ guests: [DesiredGuest], _ reason: String) {
        let names = guests.prefix(10).map { "guest.\($0.name)" }.joined(separator: ", ")
        let more = guests.count > 10 ? " and \(guests.count - 10) more" : ""
        warn("guest-not-planned", "nothing is planned for \(names)\(more): \(reason)", range: guests[0].origin)
    }

    fileprivate mutating func refuseTwice(_ guest: DesiredGuest, _ hosts: [Name]) {
        let names = hosts.map(\.text).joined(separator: " and ")
        refuse(
            "guest-on-two-hosts", "guest.\(guest.name) is on \(names) at once",
            help: "rename or remove one of the two; Lodge does not choose between disks", range: guest.origin,
            about: ResourceAddress(.guest, guest.name))
    }

    fileprivate mutating func refuseMove(of guest: DesiredGuest, from: Name, to: Name) {
        refuse(
            "guest-move", "moving guest.\(guest.name) from \(from) to \(to) is not supported yet",
            help: "set host: \(from), or remove the guest in one apply and declare it on \(to) in the next "
                + "(its disks are lost)", range: guest.origin,
            about: ResourceAddress(.guest, guest.name))
    }
}
