import FleetModel
import HostSystem

/// Makes a guest's folder what its definition says: disks, seed, and the definition itself.
public struct GuestDefiner: Sendable {
    let layout: HostLayout
    let store: GuestStore

    public init(layout: HostLayout) {
        self.layout = layout
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
        let earlier = try? store.definition(definition.owner.fleet, definition.name)
        do {
            try Files.makeFolder(layout.guestsFolder)
            try Files.makeFolder(folder.path)
            // Traversed, but not read, by QEMU's user; closed to all others.
            try Files.setOwner(folder.path, user: 0, group: user.group)
            try Files.setMode(folder.path, 0o710)
            if let earlier { definition.keepPendingDisks(of: earlier) }
            try store.write(definition)
        } catch {
            throw ExecutorError(operation, error)
        }
        let files = DiskFiles(definition, layout: layout)
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
    public func remove(_ guest: GuestReference) throws(ExecutorError) {
        let folder = layout.guest(guest.fleet, guest.name)
        do {
            try Files.removeTree(layout.guestRun(guest.id).path)
            for name in try Files.list(folder.path) where "\(folder.path)/\(name)" != folder.definition {
                try Files.removeTree("\(folder.path)/\(name)")
            }
            try Files.removeTree(folder.path)
        } catch {
            throw ExecutorError("remove guest \(guest.name)", error)
        }
    }
}
