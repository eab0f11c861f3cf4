import FleetModel
import HostSystem

/// The definitions of an instance's networks on this host, as their folders hold them.
struct NetworkStore: Sendable {
    let layout: HostLayout
    let instance: InstanceID

    struct Contents {
        var definitions: [NetworkDefinition] = []
        /// Folders that hold no readable definition: fleet, path, what is wrong.
        var unreadable: [(fleet: Name?, path: String, reason: String)] = []
    }

    /// Every network of every fleet.
    ///
    /// The folder's name is the network's: where the definition in it has another, a rename was interrupted.
    ///
    /// - Throws: where a definition is there and cannot be read, or is a newer Lodge's: what it defines is unknown,
    ///   and not a leftover.
    func read() throws -> Contents {
        var contents = Contents()
        for fleetName in try Files.list(layout.networksFolder) {
            let folder = "\(layout.networksFolder)/\(fleetName)"
            for entry in try Files.list(folder) {
                let path = "\(folder)/\(entry)"
                guard let fleet = Name(parsing: fleetName), let name = Name(parsing: entry) else {
                    contents.unreadable.append((Name(parsing: fleetName), path, "its name is none that Lodge gives"))
                    continue
                }
                do throws(JSONFile.Failure) {
                    var definition = try JSONFile.read(
                        NetworkDefinition.self, from: layout.network(fleet, name).definition)
                    guard definition.owner == Owner(instance: instance, fleet: fleet) else {
                        contents.unreadable.append((fleet, path, "its definition names another owner"))
                        continue
                    }
                    definition.name = name
                    contents.definitions.append(definition)
                } catch {
                    if case .system(let cause) = error, cause.errno != .noSuchFileOrDirectory { throw cause }
                    if case .newer = error { throw NetworkError("read", "network \(name)", error.description) }
                    contents.unreadable.append((fleet, path, "\(error)"))
                }
            }
        }
        return contents
    }

    func folder(_ definition: NetworkDefinition) -> NetworkFolder {
        layout.network(definition.owner.fleet, definition.name)
    }

    /// Makes the network's folders and writes its definition, unless all that is there already.
    func write(_ definition: NetworkDefinition) throws {
        let folder = folder(definition)
        for path in [folder.path, folder.reservations, folder.names] { try Files.makeFolder(path) }
        if let present = try? JSONFile.read(NetworkDefinition.self, from: folder.definition), present == definition {
            return
        }
        try JSONFile.write(definition, to: folder.definition)
    }

    /// Moves the network's folder, which is the moment when its name changes.
    func move(_ definition: NetworkDefinition, to name: Name) throws {
        let source = folder(definition).path
        let target = layout.network(definition.owner.fleet, name).path
        guard Files.exists(source) else { return }
        guard !Files.exists(target) else {
            throw NetworkError(
                "rename the network", definition.name.text, "a network is called \(name) already",
                advice: "choose another name, or remove that network first")
        }
        try Files.move(source, to: target)
    }

    /// Removes the network's folders.
    func remove(_ definition: NetworkDefinition) throws {
        try Files.removeTree(layout.networkRun(definition.id))
        try Files.removeTree(folder(definition).path)
    }
}
