import FleetModel

/// What refers to the files in the cache: claims, definitions and running processes, of all fleets.
struct CacheReferences {
    private var names: Set<String> = []

    init(claims: [ImageDefinition], guests: [LiveGuest]) {
        for claim in claims { names.insert(claim.file.fileName) }
        for guest in guests {
            add(guest.definition.spec)
            if let process = guest.process { add(process.spec) }
        }
    }

    private mutating func add(_ spec: GuestSpec) {
        for disk in spec.disks {
            if let base = disk.base { names.insert("\(base.digest).\(base.format.rawValue)") }
        }
        guard let boot = spec.boot else { return }
        let files: [(Digest?, CachedFile.Format)] = [
            (boot.kernel, .kernel), (boot.initrd, .initrd), (boot.image, .firmware),
        ]
        for (digest, format) in files {
            if let digest { names.insert("\(digest).\(format.rawValue)") }
        }
    }

    func contains(_ file: CachedFile) -> Bool { names.contains(file.fileName) }
}
