import FleetModel
import HostSystem

/// The guests' folders of one instance.
public struct GuestStore: Sendable {
    public let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// What is in the guests' folders: definitions, and folders that hold none.
    ///
    /// - Throws: where a definition is there and cannot be read, or is a newer Lodge's: what it defines is unknown,
    ///   and not a leftover.
    public func list() throws(ExecutorError) -> (definitions: [GuestDefinition], broken: [Leftover]) {
        var definitions: [GuestDefinition] = []
        var broken: [Leftover] = []
        for fleet in try names(in: layout.guestsFolder) {
            for name in try names(in: "\(layout.guestsFolder)/\(fleet)") {
                do throws(JSONFile.Failure) {
                    definitions.append(try read(fleet, name))
                } catch {
                    if case .system(let cause) = error, cause.errno != .noSuchFileOrDirectory {
                        throw ExecutorError("read guest \(name)", error)
                    }
                    if case .newer = error { throw ExecutorError("read guest \(name)", error) }
                    let folder = layout.guest(fleet, name)
                    broken.append(
                        Leftover(
                            kind: .stateFolder, subject: folder.path,
                            proof: "it lies among this instance's guests, but \(error)", fleet: fleet,
                            disks: disks(in: folder)))
                }
            }
        }
        return (definitions, broken)
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
        let files = (try? Files.list(folder.path)) ?? []
        let disks = files.compactMap { file in
            file.hasSuffix(".qcow2") ? Name(parsing: String(file.dropLast(".qcow2".count))) : nil
        }
        return disks.isEmpty ? nil : disks.sorted()
    }

    public func definition(_ fleet: Name, _ name: Name) throws(ExecutorError) -> GuestDefinition {
        do { return try read(fleet, name) } catch { throw ExecutorError("read guest \(name)", error) }
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

    public func write(_ running: RunningGuest, of id: ObjectID) throws(SystemError) {
        try JSONFile.write(running, to: layout.guestRun(id).running)
    }
}

extension GuestDefinition {
    /// What an interrupted change to an earlier definition has left unmade is still to be made.
    mutating func keepPendingDisks(of earlier: GuestDefinition) {
        let unmade = Set(earlier.pendingDisks).union(pendingDisks)
        pendingDisks = spec.disks.map(\.name).filter(unmade.contains)
    }
}
