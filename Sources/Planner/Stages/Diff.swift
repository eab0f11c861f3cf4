import FleetModel

/// Everything that differs between what is wanted and what is there.
struct Difference {
    /// For each host.
    var networks: [[NetworkTransition]] = []
    var images: [[ImageTransition]] = []
    /// Sorted by name.
    var guests: [[GuestTransition]] = []
    var leftovers: [[Leftover]] = []
    /// For each host the guests that have to be down together while something that they share changes.
    var groups: [[GuestGroup]] = []
    /// For each host the cached files that nothing refers to once all this is done; leftovers aside.
    var released: [[CachedFile]] = []
    var remarks = Remarks()
}

/// Compares the resolved fleet with the hosts.
///
/// - Parameters:
///   - replacements: Guests that are made anew though nothing about them has changed.
///   - deletesKept: What is kept of guests that were destroyed, or are to be, goes too.
func diff(
    _ resolved: ResolvedFleet, placement: Placement, against observed: ObservedFleet,
    replacements: Set<ResourceAddress> = [], deletesKept: Bool = false
) -> Difference {
    var difference = Difference()
    let (imageNames, networkNames) = (resolved.imageNames, resolved.networkNames)
    for (index, host) in observed.hosts.enumerated() {
        let files = Set(host.live.cache.map(\.fileName))
        let images = diffImages(resolved.images[index], names: imageNames, on: host, files)
        let networks = diffNetworks(resolved.networks[index], on: host, isFleetWide: networkNames)
        let surroundings = GuestSurroundings(
            on: host, networks: networks, guests: resolved.guests[index], cached: files, replacements: replacements)
        var transitions = resolved.guests[index].compactMap { diffGuest($0, on: host, surroundings) }
        transitions += host.ours.filter { !placement.wanted[index].contains($0) }
            .map { GuestTransition(removing: host.live.guests[$0], from: host, deletesKept: deletesKept) }
        transitions.sort { $0.name < $1.name }

        difference.remarks.checkOverlaps(of: networks, on: host)
        difference.remarks.checkDevices(on: host)
        for transition in transitions {
            difference.remarks.checkKeptDisks(of: transition)
            difference.remarks.checkRename(of: transition, on: host)
        }
        var leftovers = leftoversToRemove(on: host, resolved, index)
        if deletesKept { leftovers += host.retained.map(\.leftover) }
        difference.groups.append(groupGuests(transitions, networks: networks, on: host))
        difference.networks.append(networks)
        difference.images.append(images)
        difference.released.append(
            releasedFiles(
                on: host, guests: transitions, kept: resolved.guests[index], images: images, removed: leftovers))
        difference.guests.append(transitions)
        difference.leftovers.append(leftovers)
    }
    return difference
}

extension Remarks {
    /// What somebody plugged into a guest is theirs: it is said, and goes with the guest's next restart.
    fileprivate mutating func checkDevices(on host: ObservedHost) {
        for position in host.ours {
            let guest = host.live.guests[position]
            for case .strangeDevice(let id) in guest.defects {
                warn(
                    "strange-device",
                    "guest.\(guest.definition.name) on host.\(host.name) has a device that is not in its definition: "
                        + id,
                    help: "it goes with the guest's next restart; declare it as a disk or NIC to keep one like it")
            }
        }
    }
}

extension Remarks {
    /// A file that is attached again stays what it is: on another image it would be read as garbage, and it does not get
    /// smaller.
    fileprivate mutating func checkKeptDisks(of guest: GuestTransition) {
        let files = guest.live?.keptDisks ?? guest.found?.disks ?? []
        guard !files.isEmpty, let resolved = guest.resolved else { return }
        let had = Set((guest.live?.definition.spec.disks ?? []).map(\.name))
        for disk in resolved.spec.disks where !had.contains(disk.name) {
            guard let kept = files.first(where: { $0.name == disk.name }),
                let difference = kept.differs(from: disk)
            else { continue }
            refuse(
                "kept-disk-differs",
                "guest.\(guest.name): the file that was kept of disk \(disk.name) \(difference.text)",
                help: "declare the disk with the \(difference.remedy), or give the new one another name",
                range: FieldOrigins(resolved.desired).origin(of: "disks.\(disk.name)") ?? resolved.desired.origin)
        }
    }
}

extension Remarks {
    /// Where a guest gets the name of one that was destroyed, whose the kept disks are could not be told any more.
    fileprivate mutating func checkRename(of guest: GuestTransition, on host: ObservedHost) {
        guard guest.renames, let kept = host.retained.first(where: { $0.name == guest.name }) else { return }
        refuse(
            "kept-disks-in-the-way",
            "guest.\(guest.name): disks of a destroyed guest of that name are kept on host.\(host.name): "
                + kept.disks.map(\.name.text).joined(separator: ", "),
            help: "choose another name; or make a guest \(guest.name) with these disks first, or remove \(kept.folder)",
            range: guest.resolved?.desired.origin)
    }
}

extension ResolvedFleet {
    /// The networks and images that are in use on any host.
    fileprivate var networkNames: Set<Name> { networks.reduce(into: []) { $0.formUnion($1.keys) } }
    fileprivate var imageNames: Set<Name> { images.reduce(into: []) { $0.formUnion($1.keys) } }
}

/// Leftovers of this fleet and of no fleet, but for cached files, whole or in part, that this plan uses.
private func leftoversToRemove(
    on host: ObservedHost, _ resolved: ResolvedFleet, _ index: Int
) -> [Leftover] {
    let ours = host.live.leftovers.filter { $0.fleet == nil || $0.fleet == host.owner.fleet }
    guard !ours.isEmpty else { return [] }
    var wanted = Set(resolved.images[index].values.map(\.definition.file.fileName))
    for guest in resolved.guests[index] { wanted.formUnion(guest.desired.boot?.files.map(\.file.fileName) ?? []) }
    // Nor what was fetched of them before it was cut off.
    wanted.formUnion(resolved.images[index].values.map { HostLayout.partName($0.desired.digest) })
    return ours.filter { ![.cacheFile, .temporaryFile].contains($0.kind) || !wanted.contains($0.lastComponent) }
        .sorted { ($0.kind.rawValue, $0.subject) < ($1.kind.rawValue, $1.subject) }
}
