import FleetModel
import HostSystem

/// The guests' folders of one instance.
public struct GuestStore: Sendable {
    public let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// What is in the guests' folders: definitions, and folders that hold none that can be read.
    public func list() throws(SystemError) -> (definitions: [GuestDefinition], broken: [Leftover]) {
        var definitions: [GuestDefinition] = []
        var broken: [Leftover] = []
        for fleetName in try Files.list(layout.guestsFolder) {
            for guestName in try Files.list("\(layout.guestsFolder)/\(fleetName)") {
                guard let fleet = Name(parsing: fleetName), let name = Name(parsing: guestName) else { continue }
                do {
                    definitions.append(try definition(fleet, name))
                } catch {
                    broken.append(
                        Leftover(
                            kind: .stateFolder, subject: layout.guest(fleet, name).path,
                            proof: "it lies among this instance's guests, but \(error.reason)", fleet: fleet))
                }
            }
        }
        return (definitions, broken)
    }

    /// True where the guest has a folder with a definition in it.
    public func exists(_ fleet: Name, _ name: Name) -> Bool { Files.exists(layout.guest(fleet, name).definition) }

    /// The name of the folder is the guest's: a rename that was cut off after the folder's move is complete.
    public func definition(_ fleet: Name, _ name: Name) throws(ExecutorError) -> GuestDefinition {
        let path = layout.guest(fleet, name).definition
        do {
            var definition = try JSONFile.read(GuestDefinition.self, from: path)
            guard definition.schema <= GuestDefinition.currentSchema else {
                throw ExecutorError(
                    "read guest \(name)", "\(path) was written by a newer Lodge (schema \(definition.schema))",
                    advice: "use that version or a later one")
            }
            definition.name = name
            return definition
        } catch let error as ExecutorError {
            throw error
        } catch {
            throw ExecutorError("read guest \(name)", "\(error)")
        }
    }

    /// Replaces the definition in one step.
    public func write(_ definition: GuestDefinition) throws(SystemError) {
        let folder = layout.guest(definition.owner.fleet, definition.name)
        try JSONFile.write(definition, to: folder.definition, mode: 0o600)
    }

    /// Nil where the guest has none, or none that can be read.
    public func running(_ id: ObjectID) -> RunningGuest? {
        try? JSONFile.read(RunningGuest.self, from: layout.guestRun(id).running)
    }

    public func write(_ running: RunningGuest, of id: ObjectID) throws(SystemError) {
        try JSONFile.write(running, to: layout.guestRun(id).running)
    }
}
