extension LiveGuest {
    /// The names of the cached files that its definition, its process and the files of its former disks refer to.
    public var cachedFiles: Set<String> {
        var defined = definition.spec.cachedFiles
        for disk in keptDisks { if let backing = disk.backing { defined.insert(backing) } }
        guard let running = process?.spec, running != definition.spec else { return defined }
        return defined.union(running.cachedFiles)
    }
}

extension GuestSpec {
    /// The names of the cached files that it refers to.
    public var cachedFiles: Set<String> {
        var names: Set<String> = []
        for disk in disks { if let base = disk.base { names.insert(base.fileName) } }
        let boots: [(Digest?, CachedFile.Format)] = [
            (boot?.kernel, .kernel), (boot?.initrd, .initrd), (boot?.image, .firmware),
        ]
        for (digest, format) in boots { if let digest { names.insert("\(digest).\(format.rawValue)") } }
        return names
    }
}

extension LiveHost {
    /// The names of the cached files that claims, definitions, processes and kept disks refer to, those of all fleets.
    public var referredFiles: Set<String> {
        let kept = retained.flatMap { $0.disks.compactMap(\.backing) }
        return guests.reduce(into: Set(images.map(\.file.fileName) + kept)) { $0.formUnion($1.cachedFiles) }
    }
}
