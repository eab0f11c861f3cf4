import FleetModel

/// What differs between two specs of a guest although its own manifest says the same: an object under it is another
/// one by now.
struct NeighbourDoings {
    /// What happens to those objects, each once.
    private(set) var reasons: [String] = []
    /// The fields that differ for it.
    private(set) var paths: Set<String> = []
    /// The disks whose images it is about.
    private(set) var disks: Set<Name> = []

    init(from old: GuestSpec, to new: GuestSpec) {
        for nic in new.nics {
            // A network keeps its identity for as long as it lives.
            guard let before = old.nics.first(where: { $0.name == nic.name }), before.network == nic.network,
                before.networkID != nic.networkID
            else { continue }
            add("network.\(nic.network) is replaced")
            paths.formUnion(["nics.\(nic.name).network", "nics.\(nic.name).ipv4"])
        }
        for disk in new.disks {
            guard let image = disk.base, let before = old.disks.first(where: { $0.name == disk.name })?.base,
                before.image == image.image, before.fileName != image.fileName
            else { continue }
            add("image.\(image.image) changes its content")
            paths.insert("disks.\(disk.name).image")
            disks.insert(disk.name)
        }
    }

    private mutating func add(_ reason: String) { if !reasons.contains(reason) { reasons.append(reason) } }
}
