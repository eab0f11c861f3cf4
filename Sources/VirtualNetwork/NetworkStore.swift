import FleetModel
import HostSystem

/// The definitions of an instance's networks on this host, as their folders hold them.
struct NetworkStore: Sendable {
    let layout: HostLayout
    let instance: InstanceID

    struct Contents {
        var definitions: [NetworkDefinition] = []
        /// Folders that hold no definition.
        var broken: [(fleet: Name, path: String)] = []
    }

    /// Every network of every fleet. Files that are not Lodge's are none of them.
    ///
    /// - Throws: where a definition is there and cannot be read, or is another owner's: what it defines is unknown,
    ///   and not a leftover.
    func read() throws -> Contents {
        var contents = Contents()
        for fleet in try names(in: layout.networksFolder) {
            for name in try names(in: "\(layout.networksFolder)/\(fleet)") {
                let folder = layout.network(fleet, name)
                if let definition = try definition(fleet, name) {
                    contents.definitions.append(definition)
                } else if Files.isFolder(folder.path) {
                    contents.broken.append((fleet, folder.path))
                }
            }
        }
        return contents
    }

    private func names(in folder: String) throws(SystemError) -> [Name] {
        try Files.list(folder).compactMap { Name(parsing: $0) }
    }

    /// The folder's name is the network's: where the definition in it has another, a rename was interrupted. Nil: the
    /// network has none.
    private func definition(_ fleet: Name, _ name: Name) throws(NetworkError) -> NetworkDefinition? {
        let folder = layout.network(fleet, name)
        let advice =
            "look at that file and write it back from a copy; or remove the folder \(folder.path) by hand: then the "
            + "next apply of its fleet makes the network anew"
        do throws(JSONFile.Failure) {
            var definition = try JSONFile.read(NetworkDefinition.self, from: folder.definition)
            guard definition.owner == Owner(instance: instance, fleet: fleet) else {
                throw .malformed(path: folder.definition, "it names another owner")
            }
            definition.name = name
            return definition
        } catch {
            if case .system(let cause) = error, [.noSuchFileOrDirectory, .notDirectory].contains(cause.errno),
                !Files.isLink(folder.definition)
            {
                return nil
            }
            guard case .malformed = error else { throw NetworkError("read", "network \(name)", error.description) }
            throw NetworkError("read", "network \(name)", error.description, advice: advice)
        }
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
