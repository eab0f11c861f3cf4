import FleetModel
import Glibc
import HostSystem

/// Makes a guest's folder what its definition says: disks, seed, and the definition itself.
public struct GuestDefiner: Sendable {
    let layout: HostLayout
    let store: GuestStore
    /// What has to stay free of the state folder's file system.
    let reserved: ByteCount

    public init(layout: HostLayout, reserved: ByteCount = .zero) {
        self.layout = layout
        self.reserved = reserved
        store = GuestStore(layout: layout)
    }

    /// Writes the definition, makes its pending disks anew, grows the others, makes what firmware and TPM keep where
    /// it is missing, and builds the seed. The definition
    /// is written first, with what is still pending, and again once all of it is true: a change that is cut off
    /// anywhere is seen by the next observation, and running it again completes it.
    public func define(_ definition: GuestDefinition) async throws(ExecutorError) {
        let operation = "define guest \(definition.name)"
        let folder = layout.guest(definition.owner.fleet, definition.name)
        let user = try SystemUser.find()
        var definition = definition
        try DiskFiles(definition, layout: layout).checkBases(of: definition)
        let earlier = try? store.definition(definition.owner.fleet, definition.name)
        let retained = try store.retained(definition.owner.fleet, definition.name)
        if let retained { try definition.takeOver(retained, operation) }
        do {
            try Files.makeFolder(layout.guestsFolder)
            try Files.makeFolder(folder.path)
            // Traversed, but not read, by QEMU's user; closed to all others.
            try Files.setOwner(folder.path, user: 0, group: user.group)
            try Files.setMode(folder.path, 0o710)
            if let earlier { definition.keepPendingDisks(of: earlier) }
            try store.write(definition)
            try Files.remove(folder.retained)
        } catch {
            throw ExecutorError(operation, error)
        }
        let files = DiskFiles(definition, layout: layout, reserved: reserved)
        for disk in definition.doomedDisks { try files.remove(disk) }
        for disk in definition.spec.disks {
            try await files.ensure(disk, anew: definition.pendingDisks.contains(disk.name))
        }
        try FirmwareVariables(definition, layout: layout).ensure(user: user)
        try await TPMState(definition, layout: layout).ensure(user: user)
        try await Seed(definition).build(at: folder.seed, user: user)
        definition.pendingDisks = []
        definition.doomedDisks = []
        do { try store.write(definition) } catch { throw ExecutorError(operation, error) }
    }

    /// Renames folder and definition; open files and sockets of a running guest are not touched.
    public func rename(_ guest: GuestReference, to name: Name) throws(ExecutorError) {
        let old = layout.guest(guest.fleet, guest.name)
        let new = layout.guest(guest.fleet, name)
        do {
            if Files.exists(old.path) { try Files.move(old.path, to: new.path) }
        } catch {
            throw ExecutorError("rename guest \(guest.name) to \(name)", error)
        }
        var definition = try store.definition(guest.fleet, name)
        definition.name = name
        do { try store.write(definition) } catch {
            throw ExecutorError("rename guest \(guest.name) to \(name)", error)
        }
    }

    /// Removes a stopped guest's folders, the definition last: what is cut off halfway is still a guest with an
    /// owner, and is removed by the next apply.
    ///
    /// - Parameter kept: disks whose files stay, with a record of whose they are.
    public func remove(_ guest: GuestReference, keeping kept: [Name] = []) throws(ExecutorError) {
        let folder = layout.guest(guest.fleet, guest.name)
        let operation = "remove guest \(guest.name)"
        do {
            try Files.removeTree(layout.guestRun(guest.id).path)
            let names = try Files.list(folder.path)
            let staying = names.filter { name in DiskFiles.disk(of: name).map { kept.contains($0.name) } ?? false }
            if !staying.isEmpty {
                let definition = try store.definition(guest.fleet, guest.name)
                let disks = Set(staying.compactMap { DiskFiles.disk(of: $0)?.name }).sorted()
                try JSONFile.write(
                    RetainedRecord(owner: definition.owner, name: guest.name, since: Int64(time(nil)), disks: disks),
                    to: folder.retained, mode: 0o600)
            }
            let left = Set(staying.map { "\(folder.path)/\($0)" } + [folder.definition])
                .union(staying.isEmpty ? [] : [folder.retained])
            for path in names.map({ "\(folder.path)/\($0)" }) where !left.contains(path) { try Files.removeTree(path) }
            if staying.isEmpty { try Files.removeTree(folder.path) } else { try Files.remove(folder.definition) }
        } catch {
            throw error as? ExecutorError ?? ExecutorError(operation, "\(error)")
        }
    }
}

extension GuestDefinition {
    /// The files that were kept of a destroyed guest of this name are this one's now.
    ///
    /// - Throws: where one of them would be made anew: the plan did not know of it.
    fileprivate mutating func takeOver(_ retained: RetainedRecord, _ operation: String) throws(ExecutorError) {
        if generation == 1, let disk = pendingDisks.first(where: retained.disks.contains) {
            throw ExecutorError(
                operation, "disk \(disk) was kept of a guest of this name since the plan was made",
                advice: "plan again: the disk is attached again then")
        }
        retainedDisks = Set(retainedDisks + retained.disks).subtracting(spec.disks.map(\.name)).sorted()
    }
}
