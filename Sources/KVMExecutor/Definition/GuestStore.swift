import FleetModel
import HostSystem

/// The guests' folders of one instance.
public struct GuestStore: Sendable {
    public let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// What is in the guests' folders: definitions, disks that were kept of guests that are no more, and folders that
    /// hold neither. Other files are not Lodge's.
    ///
    /// - Throws: where a definition is there and cannot be read: what it defines is unknown, and not a leftover.
    public func list() throws(ExecutorError) -> (
        definitions: [GuestDefinition], retained: [RetainedGuest], broken: [Leftover]
    ) {
        var definitions: [GuestDefinition] = []
        var retained: [RetainedGuest] = []
        var broken: [Leftover] = []
        for fleet in try names(in: layout.guestsFolder) {
            for name in try names(in: "\(layout.guestsFolder)/\(fleet)") {
                let folder = layout.guest(fleet, name)
                if let definition = try present(fleet, name) {
                    definitions.append(definition)
                } else if let guest = try retainedGuest(fleet, name) {
                    retained.append(guest)
                } else if Files.isFolder(folder.path) {
                    broken.append(
                        Leftover(
                            kind: .stateFolder, subject: folder.path,
                            proof: "it lies among this instance's guests, and holds no guest.json", fleet: fleet,
                            disks: disks(in: folder)))
                }
            }
        }
        return (definitions, retained, broken)
    }

    /// True where the guest has a folder with a definition in it.
    public func exists(_ fleet: Name, _ name: Name) -> Bool { Files.exists(layout.guest(fleet, name).definition) }

    private func names(in folder: String) throws(ExecutorError) -> [Name] {
        do { return try Files.list(folder).compactMap { Name(parsing: $0) } } catch {
            throw ExecutorError("list the guests", error)
        }
    }

    /// The disks whose files lie in a guest's folder, by name; nil: there are none.
    private func disks(in folder: GuestFolder) -> [Name]? {
        let disks = ((try? Files.list(folder.path)) ?? []).compactMap { DiskFiles.disk(of: $0)?.name }
        return disks.isEmpty ? nil : disks.sorted()
    }

    /// What is kept of a guest that was destroyed; nil: nothing is.
    private func retainedGuest(_ fleet: Name, _ name: Name) throws(ExecutorError) -> RetainedGuest? {
        guard let record = try retained(fleet, name) else { return nil }
        let folder = layout.guest(fleet, name)
        let disks = DiskFiles.files(in: folder).filter { record.disks.contains($0.name) }
        // What cannot be read is kept all the same, and never a leftover.
        let unread = (self.disks(in: folder) ?? []).filter { disk in
            record.disks.contains(disk) && !disks.contains { $0.name == disk }
        }
        guard unread.isEmpty else {
            throw ExecutorError(
                "read what is kept of guest \(name)",
                "the header of disk \(unread.map(\.text).joined(separator: ", ")) in \(folder.path) cannot be read",
                advice: "look at the file, and mend it or move it elsewhere")
        }
        guard !disks.isEmpty else { return nil }
        return RetainedGuest(
            owner: record.owner, name: name, folder: folder.path, since: record.since,
            disks: disks.sorted { $0.name < $1.name })
    }

    /// The record of what is kept of a guest; nil: there is none.
    func retained(_ fleet: Name, _ name: Name) throws(ExecutorError) -> RetainedRecord? {
        let folder = layout.guest(fleet, name)
        do { return try JSONFile.read(RetainedRecord.self, from: folder.retained) } catch {
            if case .system(let cause) = error, [.noSuchFileOrDirectory, .notDirectory].contains(cause.errno) {
                return nil
            }
            throw ExecutorError(
                "read what is kept of guest \(name)", error.description,
                advice: "look at that file and write it back; or save the disks beside it and remove \(folder.path)")
        }
    }

    public func definition(_ fleet: Name, _ name: Name) throws(ExecutorError) -> GuestDefinition {
        do { return try read(fleet, name) } catch { throw unreadable(name, in: layout.guest(fleet, name).path, error) }
    }

    /// Nil: the guest has none.
    private func present(_ fleet: Name, _ name: Name) throws(ExecutorError) -> GuestDefinition? {
        do throws(JSONFile.Failure) { return try read(fleet, name) } catch {
            let folder = layout.guest(fleet, name)
            if case .system(let cause) = error, [.noSuchFileOrDirectory, .notDirectory].contains(cause.errno),
                !Files.isLink(folder.definition)
            {
                return nil
            }
            throw unreadable(name, in: folder.path, error)
        }
    }

    private func unreadable(_ name: Name, in folder: String, _ error: JSONFile.Failure) -> ExecutorError {
        guard case .malformed = error else { return ExecutorError("read guest \(name)", error) }
        return ExecutorError(
            "read guest \(name)", error.description,
            advice: "look at that file and write it back from a copy; or save the guest's disks elsewhere, "
                + "end its QEMU and remove the folder \(folder) by hand")
    }

    /// The folder's name is the guest's: where the definition in it has another, a rename was interrupted.
    private func read(_ fleet: Name, _ name: Name) throws(JSONFile.Failure) -> GuestDefinition {
        var definition = try JSONFile.read(GuestDefinition.self, from: layout.guest(fleet, name).definition)
        definition.name = name
        return definition
    }

    /// Replaces the definition in one step.
    public func write(_ definition: GuestDefinition) throws(SystemError) {
        let folder = layout.guest(definition.owner.fleet, definition.name)
        try JSONFile.write(definition, to: folder.definition, mode: 0o600)
    }

    /// The record of the guest's process; nil where there is none, or none that makes sense.
    ///
    /// - Throws: where it is a newer Lodge's: what runs there is not to be judged by an older one.
    public func running(_ id: ObjectID) throws(ExecutorError) -> RunningGuest? {
        do { return try JSONFile.read(RunningGuest.self, from: layout.guestRun(id).running) } catch {
            if case .newer = error { throw ExecutorError("read the record of a guest's process", error) }
            return nil
        }
    }

    /// Replaces the record of the guest's process. It holds what the definition holds: cloud-init's secrets too.
    public func write(_ running: RunningGuest, of id: ObjectID) throws(SystemError) {
        try JSONFile.write(running, to: layout.guestRun(id).running, mode: 0o600)
    }
}

extension GuestDefinition {
    /// What an interrupted change to an earlier definition has left unmade is still to be made. What goes with its data
    /// is to be deleted, unless it is wanted again.
    mutating func keepPendingDisks(of earlier: GuestDefinition) {
        let unmade = Set(earlier.pendingDisks).union(pendingDisks)
        let wanted = spec.disks.map(\.name)
        pendingDisks = wanted.filter(unmade.contains)
        let going = earlier.spec.disks.filter { $0.onRemove == .delete }.map(\.name)
        doomedDisks = Set(earlier.doomedDisks + going).subtracting(wanted).sorted()
        let staying = earlier.spec.disks.filter { $0.onRemove == .keep && $0.onDestroy == .keep }.map(\.name)
        retainedDisks = Set(retainedDisks + earlier.retainedDisks + staying).subtracting(wanted).sorted()
        settleSeedInstance(after: earlier)
    }

    /// A changed seed that is to be applied by a restart makes another instance of the guest, so that cloud-init does
    /// its work again. On a new root disk it knows none.
    private mutating func settleSeedInstance(after earlier: GuestDefinition) {
        seedInstance = earlier.seedInstance
        if let root = spec.disks.first, pendingDisks.contains(root.name) {
            seedInstance = nil
        } else if let seed = spec.cloudInit, var before = earlier.spec.cloudInit, seed.onChange == .restart {
            before.onChange = seed.onChange
            if seed != before { seedInstance = "\(id)-\(generation)" }
        }
    }
}
