import FleetModel

/// The steps of one host, put down phase by phase, so that each step needs only earlier ones. A guest's own steps
/// stand together where nothing else forbids it: then it is down no longer than its own change takes.
struct HostSteps {
    private let host: ObservedHost
    private let networks: [NetworkTransition]
    private let images: [ImageTransition]
    private let guests: [GuestTransition]
    private let leftovers: [Leftover]
    private let groups: [GuestGroup]
    private let released: [CachedFile]
    private let ground: HostGround
    private let firstID: Int
    /// By a guest's position, the set that a failure of its steps pauses.
    private let rollouts: [Int: Name]

    private(set) var steps: [Step] = []
    /// The steps that remove leftovers, in their order.
    private var clearings: [Int] = []
    private var files: [String: Int]
    private var ensures: [ObjectID: Int] = [:]
    private var networkRenames: [ObjectID: Int] = [:]
    private var claims: [Name: Int] = [:]
    /// By a guest's position.
    private var renames: [Int: Int] = [:]
    private(set) var stops: [Int: Int] = [:]
    /// Changes of guests that run on.
    private(set) var liveChanges: [Int: Int] = [:]
    private(set) var starts: [Int: Int] = [:]
    /// The steps after which guests are up again.
    private(set) var arrivals: [Int: Int] = [:]
    private var removals: [Int: Int] = [:]
    /// The last of a guest's steps that takes it off its old networks and files.
    private var departures: [Int: Int] = [:]
    private var groupOf: [Int: Int] = [:]
    private var removedNetworks: [ObjectID: Int] = [:]

    init(
        host: ObservedHost, difference: Difference, index: Int, sets: [Name: DesiredGuestSet], firstID: Int
    ) {
        self.host = host
        networks = difference.networks[index]
        images = difference.images[index]
        guests = difference.guests[index]
        leftovers = difference.leftovers[index]
        groups = difference.groups[index]
        released = difference.released[index]
        ground = HostGround(host, networks, images)
        self.firstID = firstID
        rollouts = Dictionary(
            uniqueKeysWithValues: guests.enumerated().compactMap { position, guest in
                guard let set = guest.setName(among: sets), sets[set]?.pausesAfterFailure == true else { return nil }
                return (position, set)
            })
        files = [:]
        for (number, group) in groups.enumerated() { for member in group.members { groupOf[member] = number } }
    }

    mutating func build() {
        removeLeftovers()
        rename()
        cacheFiles()
        for group in groups { for member in group.members { stop(member) } }
        for position in guests.indices where guests[position].removes { remove(position) }
        for group in groups { for id in group.removedEarly.sorted() { removeNetwork(id, early: group) } }
        ensureNetworks()
        for position in guests.indices where !guests[position].removes { bringUp(position) }
        for network in networks where network.desired == nil { removeNetwork(network.id, early: nil) }
        releaseImages()
        removeCachedFiles()
    }

    private mutating func add(
        _ address: ResourceAddress, _ verb: String, _ operation: Operation, needs: [Int] = [],
        memoryDelta: Int64 = 0, expects: Fingerprint? = nil, relies: [Reliance]? = nil, of guest: Int? = nil
    ) -> Int {
        let id = firstID + steps.count
        steps.append(
            Step(
                id: id, address: address, host: host.name, verb: verb, needs: needs, memoryDelta: memoryDelta,
                operation: operation, expects: expects, relies: relies,
                rollout: guest.flatMap { rollouts[$0] }))
        return id
    }

    private mutating func removeLeftovers() {
        for leftover in leftovers {
            let step = add(
                ResourceAddress(leftover), "remove", .removeLeftover(leftover),
                memoryDelta: -(leftover.process?.memory.bytes ?? 0))
            clearings.append(step)
        }
    }

    private func clearings(where isMeant: (Leftover) -> Bool) -> [Int] {
        zip(leftovers, clearings).filter { isMeant($0.0) }.map(\.1)
    }

    /// The steps after which nothing lies where an object of this name goes.
    private func clearings(for name: String) -> [Int] { clearings { $0.isInTheWay(of: name) } }

    /// Steps that end what may be an earlier life of a guest that is made anew: it has the same id, and with it the
    /// same interfaces and the same run folder.
    private var endings: [Int] { clearings { [.process, .tpmProcess, .runFolder].contains($0.kind) } }

    /// Steps that end processes, which take memory until then and may be on any network.
    private var kills: [Int] { clearings { $0.process != nil } }

    private mutating func rename() {
        for network in networks where network.renames {
            guard let live = network.live else { continue }
            networkRenames[network.id] = add(
                network.change.address, "rename", .renameNetwork(live.definition, to: network.name),
                needs: clearings(for: network.name.text), expects: Fingerprint(live))
        }
        for (position, guest) in guests.enumerated() where guest.renames {
            guard let live = guest.live else { continue }
            renames[position] = add(
                guest.change.address, "rename", .renameGuest(live.definition.reference, to: guest.name),
                needs: clearings(for: guest.name.text), expects: Fingerprint(live), of: position)
        }
    }

    private mutating func cacheFiles() {
        let present = Set(host.live.cache.map(\.fileName))
        for image in images {
            guard let definition = image.definition, let wanted = image.wanted else { continue }
            // What lies there already is checked before it is claimed anew.
            let isClaimed = image.live?.file.fileName == definition.file.fileName
            cache(
                definition.file, for: image.change.address, unlessIn: isClaimed ? present : [],
                wanted.desired.caching(definition.file, limit: wanted.smallestDisk))
            let needs = [files[definition.file.fileName]].compactMap { $0 } + clearings(for: image.name.text)
            claims[image.name] = add(
                image.change.address, "claim", .claimImage(definition), needs: needs,
                expects: image.live.map { Fingerprint($0) } ?? .absent)
        }
        for guest in guests {
            for (file, path) in guest.resolved?.desired.boot?.files ?? [] {
                cache(file, for: guest.change.address, unlessIn: present, .cacheFile(file, path: path))
            }
        }
    }

    private mutating func cache(
        _ file: CachedFile, for address: ResourceAddress, unlessIn present: Set<String>, _ operation: Operation
    ) {
        guard !present.contains(file.fileName), files[file.fileName] == nil else { return }
        files[file.fileName] = add(
            address, "\(operation.isWait ? "fetch" : "copy") \(file.format.rawValue)", operation,
            needs: clearings(for: file.fileName))
    }

    private mutating func stop(_ position: Int) {
        let guest = guests[position]
        guard guest.stops, stops[position] == nil, let live = guest.live else { return }
        stops[position] = add(
            guest.change.address, "stop", .stopGuest(guest.reference, grace: guest.grace),
            needs: [renames[position]].compactMap { $0 }, memoryDelta: -guest.freed.memory.bytes,
            expects: guest.renames ? nil : Fingerprint(live), relies: ground.reliances(of: guest), of: position)
    }

    private mutating func remove(_ position: Int) {
        stop(position)
        let guest = guests[position]
        guard let live = guest.live else { return }
        let stopped = stops[position]
        let step = add(
            guest.change.address, "remove", .removeGuest(guest.reference, keeping: guest.outlives),
            needs: [stopped].compactMap { $0 },
            expects: stopped == nil ? Fingerprint(live) : nil, of: position)
        removals[position] = step
        departures[position] = step
    }

    /// The steps after which a group's members are down, and those that go are gone.
    private func emptied(_ group: GuestGroup) -> [Int] { group.members.compactMap { removals[$0] ?? stops[$0] } }

    private mutating func ensureNetworks() {
        for network in networks {
            guard let definition = network.definition else { continue }
            var needs = [networkRenames[network.id]].compactMap { $0 }
            if network.live == nil { needs += clearings(for: network.name.text) }
            for group in groups where group.ensured.contains(network.id) {
                needs += emptied(group)
                needs += group.removedEarly.sorted().compactMap { removedNetworks[$0] }
            }
            ensures[network.id] = add(
                network.change.address, network.live == nil ? "create" : "update", .ensureNetwork(definition),
                needs: needs,
                expects: network.renames ? nil : network.live.map { Fingerprint($0) } ?? .absent)
        }
    }

    /// Defines and starts a guest, as far as its transition says.
    private mutating func bringUp(_ position: Int) {
        stop(position)
        let guest = guests[position]
        guard let resolved = guest.resolved else { return }
        let address = guest.change.address
        var needs = [renames[position], stops[position]].compactMap { $0 } + preparations(of: guest, resolved)
        if let number = groupOf[position], !resolved.spec.nics.contains(where: { isGate($0, of: groups[number]) }) {
            needs += emptied(groups[number])
        }
        if guest.live == nil { needs += clearings(for: guest.name.text) + endings }
        departures[position] = stops[position]

        var isFirst = !guest.renames && !guest.stops
        var relies = guest.stops ? nil : ground.reliances(of: guest)
        func expectation() -> Fingerprint? { isFirst ? guest.live.map { Fingerprint($0) } ?? .absent : nil }
        if let definition = guest.definition {
            if guest.definesLive { needs += kills }
            let step = add(
                address, guest.live == nil ? "create" : "define",
                guest.definesLive ? .changeGuest(definition, guest.liveChanges) : .defineGuest(definition),
                needs: needs.unique,
                memoryDelta: guest.changesLive ? guest.taken.memory.bytes - guest.freed.memory.bytes : 0,
                expects: expectation(), relies: relies, of: position)
            relies = nil
            if guest.definesLive { liveChanges[position] = step }
            departures[position] = step
            needs = [step]
            isFirst = false
        }
        guard guest.starts else { return }
        let start = add(
            address, "start", .startGuest(guest.reference), needs: (needs + kills).unique,
            memoryDelta: guest.taken.memory.bytes, expects: expectation(), relies: relies, of: position)
        starts[position] = start
        arrivals[position] = start
        // A start ends when the guest's process answers: nothing more is to be waited for.
        let ready = resolved.desired.ready
        if ready.condition != .started {
            arrivals[position] = add(
                address, "wait", .awaitReady(guest.reference, ready), needs: [start], of: position)
        }
    }

    /// The steps that make what the guest's definition refers to.
    private func preparations(of guest: GuestTransition, _ resolved: ResolvedGuest) -> [Int] {
        var needs = resolved.spec.nics.flatMap { nic in
            [ensures[nic.networkID], networkRenames[nic.networkID]].compactMap { $0 }
        }
        if !files.isEmpty || !claims.isEmpty {
            for disk in resolved.spec.disks {
                if let image = disk.base?.image, let step = claims[image] { needs.append(step) }
            }
            for (file, _) in resolved.desired.boot?.files ?? [] {
                if let step = files[file.fileName] { needs.append(step) }
            }
        }
        return needs
    }

    /// True where the network comes up only after the whole group is down: being on it is waiting for the group.
    private func isGate(_ nic: NICSpec, of group: GuestGroup) -> Bool {
        group.ensured.contains(nic.networkID) && ensures[nic.networkID] != nil
    }

    private mutating func removeNetwork(_ id: ObjectID, early group: GuestGroup?) {
        guard removedNetworks[id] == nil, let network = networks.first(where: { $0.id == id }), let live = network.live
        else { return }
        let left: [Int] =
            if let group {
                emptied(group)
            } else {
                guests.indices.filter { guests[$0].wasOn(id) }.compactMap { departures[$0] }
            }
        // A process that is left over may be on it, and so may an interface.
        let needs = (left + kills + clearings { $0.kind == .interface }).unique
        removedNetworks[id] = add(
            network.change.address, "remove", .removeNetwork(live.definition), needs: needs, expects: Fingerprint(live))
    }

    private mutating func releaseImages() {
        for image in images where image.definition == nil {
            guard let live = image.live else { continue }
            claims[image.name] = add(
                image.change.address, "release", .releaseImage(live), needs: users(of: live.file),
                expects: Fingerprint(live))
        }
    }

    private mutating func removeCachedFiles() {
        for file in released {
            let image = images.first { $0.live?.file.fileName == file.fileName }
            let users = users(of: file)
            let kept = leftovers.last { $0.kind == .retainedGuest }.map { ResourceAddress($0) }
            let owner = image?.change.address ?? guests.last { $0.refers(to: file) }?.change.address ?? kept
            guard let owner else { continue }
            let claim = image.flatMap { claims[$0.name] }
            _ = add(
                owner, "uncache \(file.format.rawValue)", .removeCachedFile(file),
                needs: ([claim].compactMap { $0 } + users + clearings { $0.kind == .retainedGuest }).unique)
        }
    }

    /// The steps after which the changed guests do not refer to the file any more.
    private func users(of file: CachedFile) -> [Int] {
        guests.indices.filter { guests[$0].refers(to: file) }.compactMap { departures[$0] }
    }
}

extension GuestTransition {
    /// True where the live guest has a NIC on the network.
    func wasOn(_ network: ObjectID) -> Bool {
        guard let live else { return false }
        return live.definition.spec.nics.contains { $0.networkID == network }
            || live.process?.spec.nics.contains { $0.networkID == network } == true
    }

    /// True where the live guest's definition or process refers to the file.
    fileprivate func refers(to file: CachedFile) -> Bool { live?.cachedFiles.contains(file.fileName) == true }
}

extension DesiredImage {
    /// The operation that brings its file into a cache.
    fileprivate func caching(_ file: CachedFile, limit: ByteCount) -> Operation {
        if case .local(let source) = source, virtualSize != nil {
            .cacheFile(file, path: source.path)
        } else {
            .fetchImage(file, from: source, limit: limit)
        }
    }
}

extension [Int] {
    /// Ascending, each once.
    fileprivate var unique: [Int] { count < 2 ? self : Set(self).sorted() }
}
