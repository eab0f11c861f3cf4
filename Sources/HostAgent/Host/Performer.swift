import FleetModel
import Glibc
import HostSystem
import KVMExecutor
import VirtualNetwork

/// Performs one operation on this machine: the right module, the right call, and its error as the client's.
struct Performer: Sendable {
    let layout: HostLayout
    let network: NetworkHost
    let observer: HostObserver
    let admission: Admission
    /// Networks are changed by one step at a time.
    let networkTurn: Turnstile
    let policy: HostPolicy
    let web: WebSettings

    /// - Returns: a remark about how it went, or nil.
    func perform(
        _ operation: Operation, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) -> String? {
        do {
            return try await attempt(operation, progress: progress)
        } catch let error as HostError {
            throw error
        } catch {
            throw HostError(.failed, "\(error)")
        }
    }

    private func attempt(
        _ operation: Operation, progress: @escaping @Sendable (String) -> Void
    ) async throws -> String? {
        let definer = GuestDefiner(layout: layout, reserved: policy.reservedDisk)
        let cache = ImageCache(layout: layout)
        let storage = StorageReserve(folder: layout.stateFolder, reserved: policy.reservedDisk)
        switch operation {
        case .cacheFile(let file, let path):
            if !Files.exists(layout.cached(file)) {
                try storage.check("copy \(path) into the cache", file.size ?? .zero)
            }
            try await offPool { try cache.add(file, from: path) }
        case .fetchImage(let file, let source, let limit):
            do throws(ExecutorError) {
                try await cache.fetch(
                    file, from: source, limit: limit, web: web, reserved: policy.reservedDisk,
                    progress: progress)
            } catch {
                throw HostError(Task.isCancelled ? .cancelled : .failed, error.description)
            }
        case .claimImage(let claim): try ImageClaims(layout: layout).add(claim)
        case .releaseImage(let claim): try ImageClaims(layout: layout).remove(claim)
        case .removeCachedFile(let file): try await removeUnused(file)
        case .ensureNetwork(let definition):
            try await networkTurn.pass { try await network.ensure(definition, guests: networkGuests()) }
        case .renameNetwork(let definition, let name):
            try await networkTurn.pass { try await network.rename(definition, to: name) }
        case .removeNetwork(let definition): try await networkTurn.pass { try await network.remove(definition) }
        case .changeGuest(let definition, let changes): return try await change(definition, changes)
        case .defineGuest(let definition):
            try await definer.define(definition)
            try await reserve(definition)
        case .renameGuest(let guest, let name): try await rename(guest, to: name)
        case .startGuest(let guest): try await start(guest)
        case .awaitReady(let guest, let readiness):
            try await ReadinessWait(
                layout: layout, network: network,
                observer: GuestObserver(layout: layout, instance: observer.instance)
            ).wait(
                for: guest, readiness, progress: progress)
        case .stopGuest(let guest, let grace):
            return try await GuestStopper(layout: layout).stop(guest, grace: grace).remark(grace: grace)
        case .removeGuest(let guest, let kept):
            _ = try await GuestStopper(layout: layout).stop(guest, grace: .seconds(0))
            // In one turn, so that nobody reserves for it again meanwhile.
            try await networkTurn.pass {
                try await network.release(guest)
                try definer.remove(guest, keeping: kept)
            }
            try await followReservations(of: guest.fleet)
        case .removeLeftover(let leftover): try await remove(leftover)
        }
        return nil
    }

    /// The move of the guest's folder comes last and commits the rename: cut off before it, all is done again.
    private func rename(_ guest: GuestReference, to name: Name) async throws {
        let store = GuestStore(layout: layout)
        guard !store.exists(guest.fleet, name) else { return }
        var definition = try store.definition(guest.fleet, guest.name)
        let present = definition
        definition.name = name
        let renamed = NetworkGuest(definition, alsoOf: try store.liveProcess(definition))
        definition.spec.nics = renamed.nics
        // In one turn, so that nobody reserves by the old name meanwhile.
        try await networkTurn.pass { [definition] in
            try network.renameTaps(of: present, to: name)
            try await network.reserve(definition, hostname: renamed.hostname)
            try GuestDefiner(layout: layout).rename(guest, to: name)
        }
        try await followReservations(of: guest.fleet)
    }

    /// All guests with what their processes have; nil where one has no readable definition.
    private func networkGuests() -> [NetworkGuest]? {
        let store = GuestStore(layout: layout)
        guard let listed = try? store.list(), listed.broken.isEmpty else { return nil }
        return try? listed.definitions.map { NetworkGuest($0, alsoOf: try store.liveProcess($0)) }
    }

    /// - Parameter process: what it has besides.
    private func reserve(_ definition: GuestDefinition, alsoOf process: RunningGuest? = nil) async throws {
        let guest = NetworkGuest(definition, alsoOf: process)
        var definition = definition
        definition.spec.nics = guest.nics
        try await networkTurn.pass { [definition] in
            try await network.reserve(definition, hostname: guest.hostname)
        }
        try await followReservations(of: definition.owner.fleet)
    }

    /// In a turn of its own: where many guests come at once, the first one's turn is after all their reservations, and
    /// does it for all.
    private func followReservations(of fleet: Name) async throws {
        try await networkTurn.pass { try await network.followReservations(of: fleet) }
    }

    private func start(_ guest: GuestReference) async throws {
        let definition = try GuestStore(layout: layout).definition(guest.fleet, guest.name)
        let processes = GuestObserver(layout: layout, instance: observer.instance)
        try await admission.admit(definition, measured: ByteCount(bytes: Machine.memory), policy: policy) {
            () throws(ExecutorError) in try processes.processes()
        }
        try await settling(definition) { try await GuestStarter(layout: layout).start(definition) }
    }

    /// Addresses are reserved before the guest can ask for them, and kept as long as its process has them.
    private func change(_ definition: GuestDefinition, _ changes: [LiveChange]) async throws -> String? {
        let processes = GuestObserver(layout: layout, instance: observer.instance)
        for case .setMemory(let size) in changes {
            try await admission.admitGrowth(
                of: definition, to: size, measured: ByteCount(bytes: Machine.memory), policy: policy
            ) { () throws(ExecutorError) in try processes.processes() }
        }
        try await reserve(definition, alsoOf: GuestStore(layout: layout).running(definition.id))
        let changer = GuestChanger(layout: layout, networking: networking, reserved: policy.reservedDisk)
        let remark = try await settling(definition) { try await changer.change(definition, changes) }
        try await reserve(definition, alsoOf: GuestStore(layout: layout).running(definition.id))
        return remark
    }

    private var networking: GuestNetworking {
        let network = network
        return GuestNetworking(
            openTap: { try network.openTap(guest: $0, nic: $1) }, moveTap: { try network.moveTap(guest: $0, nic: $1) },
            limitTap: { try network.limitTap(guest: $0, nic: $1) },
            forgetTap: { try network.forgetTap(guest: $0, nic: $1) })
    }

    /// Does what was admitted; after it, the host's processes show what the guest takes.
    private func settling<Result: Sendable>(
        _ definition: GuestDefinition, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body()
            await admission.settled(definition.id)
            return result
        } catch {
            await admission.settled(definition.id)
            throw error
        }
    }

    private func removeUnused(_ file: CachedFile) async throws {
        let live = try await observer.observe()
        guard !live.referredFiles.contains(file.fileName) else { return }
        try ImageCache(layout: layout).remove(file)
    }

    private func remove(_ leftover: Leftover) async throws {
        // What was left over when the plan was made may belong to something by now.
        let live = try await observer.observe()
        let present = live.leftovers + live.retained.map(\.leftover)
        guard present.contains(where: leftover.isSame) else { return }
        let networkFolders = [layout.networksFolder, layout.networkRunsFolder]
        if networkFolders.contains(where: { leftover.subject.hasPrefix($0 + "/") }) {
            return try await networkTurn.pass { try await network.removeLeftover(leftover) }
        }
        switch leftover.kind {
        case .process, .tpmProcess:
            guard let pid = Int32(leftover.subject), let entry = ProcessTable.entry(pid) else { return }
            try ProcessTable.signal(pid, startTime: entry.startTime, SIGKILL)
            _ = await ProcessTable.waitForEnd(pid, startTime: entry.startTime, timeout: .seconds(10))
        case .runFolder, .stateFolder, .cacheFile, .temporaryFile, .retainedGuest:
            try Files.removeTree(leftover.subject)
        case .interface, .nftTable, .dhcpServer:
            try await networkTurn.pass { try await network.removeLeftover(leftover) }
        }
    }
}
