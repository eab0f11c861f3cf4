import FleetModel

/// A host as a value: what each operation does to it. Time, files and processes do not exist here.
public struct SimulatedState: Sendable {
    public var live: LiveHost
    /// What starts are checked against.
    public var policy: HostPolicy

    public init(live: LiveHost, policy: HostPolicy = HostPolicy()) {
        self.live = live
        self.policy = policy
    }

    /// How many disks and NICs a guest can be given while it runs.
    private static let sparePorts = 4

    /// What observing the host gives: its objects, and as leftovers the cached files that nothing refers to.
    public func observe() -> LiveHost {
        var observed = live
        observed.guests.sort { $0.definition.name < $1.definition.name }
        observed.networks.sort { $0.definition.name < $1.definition.name }
        observed.images.sort { $0.name < $1.name }
        observed.cache.sort { $0.fileName < $1.fileName }
        let used = live.referredFiles
        let known = Set(live.leftovers.map(\.subject))
        for file in observed.cache where !used.contains(file.fileName) {
            let subject = "images/\(file.fileName)"
            guard !known.contains(subject) else { continue }
            observed.leftovers.append(
                Leftover(kind: .cacheFile, subject: subject, proof: "no claim and no guest refers to it"))
        }
        return observed
    }

    /// Performs an operation whole, or leaves the host as it is.
    public mutating func perform(_ operation: Operation) throws(SimulatedFault) {
        switch operation {
        case .cacheFile(let file, _), .fetchImage(let file, _, _):
            if !live.cache.contains(where: { $0.fileName == file.fileName }) { live.cache.append(file) }
            live.leftovers.removeAll { $0.kind == .cacheFile && $0.subject.hasSuffix(file.fileName) }
        case .claimImage(let image):
            try requireCached(image.file.fileName)
            live.images.removeAll { $0.owner == image.owner && $0.name == image.name }
            live.images.append(image)
        case .releaseImage(let image):
            live.images.removeAll { $0.owner == image.owner && $0.name == image.name }
        case .removeCachedFile(let file):
            guard !live.referredFiles.contains(file.fileName) else { return }
            live.cache.removeAll { $0.fileName == file.fileName }
        case .ensureNetwork(let definition): try ensure(definition)
        case .renameNetwork(let definition, let name): try rename(definition, to: name)
        case .removeNetwork(let definition): try remove(definition)
        case .defineGuest(let definition): try define(definition, live: false, isWhole: true)
        case .changeGuest(let definition, let changes): try change(definition, changes)
        case .renameGuest(let guest, let name): try rename(guest, to: name)
        case .startGuest(let guest): try start(guest)
        case .awaitReady(let guest, _):
            guard live.guests[try index(of: guest)].state == .running else { throw .guestDoesNotRun(guest.name) }
        case .stopGuest(let guest, _):
            let index = try index(of: guest)
            live.guests[index].process = nil
            live.guests[index].state = .stopped
            live.guests[index].defects = []
            live.guests[index].freePorts = nil
        case .removeGuest(let guest, let kept):
            guard let index = live.guests.firstIndex(where: { $0.definition.id == guest.id }) else { return }
            guard !live.guests[index].hasProcess else { throw .guestRuns(guest.name) }
            let removed = live.guests.remove(at: index)
            let disks = removed.allFiles.filter { kept.contains($0.name) }.sorted { $0.name < $1.name }
            guard !disks.isEmpty else { return }
            let owner = removed.definition.owner
            live.retained.append(
                RetainedGuest(
                    owner: owner, name: guest.name, folder: "guests/\(owner.fleet)/\(guest.name)", since: 0,
                    disks: disks))
        case .removeLeftover(let leftover):
            live.leftovers.removeAll { $0.kind == leftover.kind && $0.subject == leftover.subject }
            live.retained.removeAll { leftover.isSame(as: $0.leftover) }
            if leftover.kind == .cacheFile {
                let used = live.referredFiles
                live.cache.removeAll { leftover.subject.hasSuffix($0.fileName) && !used.contains($0.fileName) }
            }
        }
    }

    /// Leaves the host as an operation that is killed on its way leaves it: its definition is written, and its disks
    /// are not made; a file is copied in part. Operations that take effect at once leave nothing.
    public mutating func interrupt(_ operation: Operation) throws(SimulatedFault) {
        switch operation {
        case .defineGuest(let definition): try define(definition, live: false, isWhole: false)
        case .changeGuest(let definition, _): try define(definition, live: true, isWhole: false)
        case .cacheFile(let file, _), .fetchImage(let file, _, _):
            live.leftovers.append(
                Leftover(kind: .temporaryFile, subject: "images/.\(file.fileName)", proof: "a copy that did not end"))
        default: break
        }
    }
}

extension SimulatedState {
    private func requireCached(_ file: String) throws(SimulatedFault) {
        guard live.cache.contains(where: { $0.fileName == file }) else { throw .fileNotCached(file) }
    }

    private func index(of guest: GuestReference) throws(SimulatedFault) -> Int {
        guard
            let index = live.guests.firstIndex(where: {
                $0.definition.id == guest.id && $0.definition.owner.fleet == guest.fleet
                    && $0.definition.name == guest.name
            })
        else { throw .noSuchGuest(guest.name) }
        return index
    }

    private mutating func ensure(_ definition: NetworkDefinition) throws(SimulatedFault) {
        let others = live.networks.filter { $0.definition.id != definition.id }
        guard
            !others.contains(where: { $0.definition.owner == definition.owner && $0.definition.name == definition.name }
            )
        else { throw .nameTaken(ResourceAddress(.network, definition.name)) }
        live.networks = others + [LiveNetwork(definition: definition)]
    }

    private mutating func rename(_ definition: NetworkDefinition, to name: Name) throws(SimulatedFault) {
        guard let index = live.networks.firstIndex(where: { $0.definition.id == definition.id }) else {
            throw .noSuchNetwork(definition.name)
        }
        live.networks[index].definition.name = name
    }

    private mutating func remove(_ definition: NetworkDefinition) throws(SimulatedFault) {
        if let user = live.guests.first(where: { $0.process?.spec.isOn(definition.id) == true }) {
            throw .networkInUse(definition.name, by: user.definition.name)
        }
        live.networks.removeAll { $0.definition.id == definition.id }
    }

    private mutating func define(
        _ definition: GuestDefinition, live isLive: Bool, isWhole: Bool
    ) throws(SimulatedFault) {
        for file in definition.spec.cachedFiles.sorted() { try requireCached(file) }
        for nic in definition.spec.nics where !live.networks.contains(where: { $0.definition.id == nic.networkID }) {
            throw .noSuchNetwork(nic.network)
        }
        let index = live.guests.firstIndex { $0.definition.id == definition.id }
        let taken = live.guests.contains {
            $0.definition.id != definition.id && $0.definition.owner == definition.owner
                && $0.definition.name == definition.name
        }
        guard !taken else { throw .nameTaken(ResourceAddress(.guest, definition.name)) }
        var guest = if let index { live.guests[index] } else { made(definition) }
        let had = Set(guest.files).subtracting(index == nil ? definition.pendingDisks : [])
        guard isLive || !guest.hasProcess else { throw .guestRuns(definition.name) }
        let doomed = guest.doomedFiles(under: definition.spec)
        let staying = guest.definition.spec.disks.filter { $0.onRemove == .keep && $0.onDestroy == .keep }.map(\.name)
        let retained = guest.definition.retainedDisks + staying
        guest.keepFiles(under: definition.spec)
        guest.definition = definition
        guest.definition.retainedDisks = Set(retained).subtracting(definition.spec.disks.map(\.name)).sorted()
        guest.definition.doomedDisks = isWhole ? [] : doomed
        if isWhole {
            guest.definition.pendingDisks = []
            guest.missingDisks = []
            guest.missingState = []
        } else {
            let kept = index.map { live.guests[$0].definition.spec.keptState } ?? []
            guest.missingState = definition.spec.keptState.filter {
                !kept.contains($0) || guest.missingState.contains($0)
            }
            guest.missingDisks = definition.spec.disks.map(\.name).filter {
                !had.contains($0) || guest.missingDisks.contains($0)
            }
        }
        if let index { live.guests[index] = guest } else { live.guests.append(guest) }
    }

    /// A guest that is about to be made, with what was kept of one of its name.
    private mutating func made(_ definition: GuestDefinition) -> LiveGuest {
        var guest = LiveGuest(definition: definition, state: .stopped)
        let kept = live.retained.filter { $0.owner == definition.owner && $0.name == definition.name }.flatMap(\.disks)
        live.retained.removeAll { $0.owner == definition.owner && $0.name == definition.name }
        guest.keptDisks = kept.filter { disk in !definition.spec.disks.contains { $0.name == disk.name } }
        guest.definition.retainedDisks = guest.keptDisks.map(\.name)
        guest.missingDisks = definition.spec.disks.map(\.name).filter { disk in !kept.contains { $0.name == disk } }
        return guest
    }

    /// Every change takes: simulated guests co-operate.
    private mutating func change(_ definition: GuestDefinition, _ changes: [LiveChange]) throws(SimulatedFault) {
        try define(definition, live: true, isWhole: true)
        guard let index = live.guests.firstIndex(where: { $0.definition.id == definition.id }),
            var process = live.guests[index].process
        else { return }
        process.generation = definition.generation
        let before = process.spec.ports
        process.spec.take(changes, of: definition.spec)
        let ports = (live.guests[index].freePorts ?? 0) + before - process.spec.ports
        let others = live.guests.indices.reduce(ByteCount.zero) {
            $0 + ($1 == index ? .zero : live.guests[$1].memoryCost)
        }
        let taken = otherProcesses.reduce(others) { $0 + $1.memory } + process.memoryCost
        let allocatable = policy.allocatableMemory(of: live.facts.memory)
        guard taken <= allocatable || process.memoryCost <= live.guests[index].memoryCost else {
            throw .notEnoughMemory(definition.name, lacking: taken - allocatable)
        }
        live.guests[index].process = process
        live.guests[index].freePorts = live.guests[index].freePorts.map { _ in ports }
        live.guests[index].defects.removeAll { if case .strangeDevice = $0 { false } else { true } }
        for case .removeDisk(let name, deletesFile: true) in changes {
            live.guests[index].keptDisks.removeAll { $0.name == name }
        }
    }

    private mutating func rename(_ guest: GuestReference, to name: Name) throws(SimulatedFault) {
        if live.guests.contains(where: {
            $0.definition.id != guest.id && $0.definition.owner.fleet == guest.fleet && $0.definition.name == name
        }) {
            throw .nameTaken(ResourceAddress(.guest, name))
        }
        guard let index = live.guests.firstIndex(where: { $0.definition.id == guest.id }) else {
            throw .noSuchGuest(guest.name)
        }
        live.guests[index].definition.name = name
    }

    /// Those that are no guest's.
    private var otherProcesses: [StrangerProcess] { live.strangers + live.leftovers.compactMap(\.process) }

    private mutating func start(_ guest: GuestReference) throws(SimulatedFault) {
        let index = try index(of: guest)
        guard !live.guests[index].hasProcess else { return }
        let definition = live.guests[index].definition
        for nic in definition.spec.nics where !live.networks.contains(where: { $0.definition.id == nic.networkID }) {
            throw .noSuchNetwork(nic.network)
        }
        let promised = live.guests.reduce(ByteCount.zero) { $0 + $1.memoryCost }
        let taken = otherProcesses.reduce(promised) { $0 + $1.memory } + definition.spec.memoryCost
        let allocatable = policy.allocatableMemory(of: live.facts.memory)
        guard taken <= allocatable else { throw .notEnoughMemory(guest.name, lacking: taken - allocatable) }
        let pid = (live.guests.compactMap { $0.process?.pid }.max() ?? 1_000) + 1
        live.guests[index].process = RunningGuest(
            generation: definition.generation, spec: definition.spec, pid: pid, startTime: UInt64(pid),
            bootID: live.facts.bootID)
        live.guests[index].state = .running
        live.guests[index].defects = []
        live.guests[index].freePorts = definition.spec.machine == .q35 ? Self.sparePorts : nil
    }
}

extension LiveGuest {
    /// The names of its disks' files, kept ones included.
    fileprivate var files: [Name] {
        definition.spec.disks.map(\.name) + keptDisks.map(\.name) + definition.doomedDisks
    }

    /// Its disks' files, kept ones included.
    fileprivate var allFiles: [KeptDisk] {
        definition.spec.disks.filter { !missingDisks.contains($0.name) }.map { KeptDisk($0) } + keptDisks
    }

    /// Files that are deleted with a new definition.
    fileprivate func doomedFiles(under new: GuestSpec) -> [Name] {
        let going = definition.spec.disks.filter { $0.onRemove == .delete && !missingDisks.contains($0.name) }
        return Set(definition.doomedDisks + going.map(\.name)).subtracting(new.disks.map(\.name)).sorted()
    }

    /// Files of disks that a new definition has no more are kept or deleted, as the old one says; those of disks that
    /// come back are attached again.
    fileprivate mutating func keepFiles(under new: GuestSpec) {
        let wanted = Set(new.disks.map(\.name))
        for disk in definition.spec.disks where disk.onRemove == .keep && !missingDisks.contains(disk.name) {
            keptDisks.append(KeptDisk(disk))
        }
        keptDisks.removeAll { wanted.contains($0.name) }
        keptDisks.sort { $0.name < $1.name }
    }
}

extension GuestSpec {
    /// What it takes of its PCI ports.
    fileprivate var ports: Int { nics.count + disks.count(where: \.bus.takesPort) }

    fileprivate func isOn(_ network: ObjectID) -> Bool { nics.contains { $0.networkID == network } }
}
