import FleetModel
import HostSystem

/// The identity of this state folder.
enum Instance {
    /// The one on disk, or a new one, which is kept there by `keep`.
    static func current(_ layout: HostLayout) throws(HostError) -> InstanceID {
        guard Files.exists(layout.instanceFile) else {
            let digits = (0..<8).map { _ in "0123456789abcdef".randomElement()! }
            return InstanceID(parsing: String(digits))!
        }
        guard let text = Files.text(layout.instanceFile), let id = InstanceID(parsing: String(text.prefix(8))) else {
            throw HostError(
                .failed,
                "\(layout.instanceFile) does not hold the 8 digits that name this state folder\n"
                    + "  to do: write back the digits that the aliases of Lodge's interfaces begin with "
                    + "(ip -d link | grep lodge:), or choose another --state-dir")
        }
        return id
    }

    /// Writes the id, once there is something that bears it.
    static func keep(_ id: InstanceID, _ layout: HostLayout) throws(SystemError) {
        guard !Files.exists(layout.instanceFile) else { return }
        try Files.makeFolder(layout.stateFolder)
        try DurableFile.write(Array("\(id)\n".utf8), to: layout.instanceFile)
    }

    /// Removes folders that hold nothing, and what is left of an instance that holds nothing any more: its identity.
    ///
    /// The folders that objects share go here, once no step is under way, and not with the last object in them: that
    /// would race with a step that makes another.
    static func sweep(_ layout: HostLayout) {
        for folder in [layout.guestsFolder, layout.networksFolder, layout.claimsFolder] {
            Files.removeEmptyFolders(in: folder)
        }
        for folder in [layout.cacheFolder, layout.guestRunsFolder, layout.networkRunsFolder, layout.tapRatesFolder] {
            try? Files.removeEmptyFolder(folder)
        }
        guard let rest = try? Files.list(layout.stateFolder), rest.allSatisfy({ $0 == "instance" }),
            ((try? Files.list(layout.guestRunsFolder)) ?? []).isEmpty,
            ((try? Files.list(layout.networkRunsFolder)) ?? []).isEmpty
        else { return }
        try? Files.remove(layout.instanceFile)
        try? Files.remove(layout.probeFile)
        try? Files.removeEmptyFolder(layout.stateFolder)
    }
}
