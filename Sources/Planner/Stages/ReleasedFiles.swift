import FleetModel

/// The files of a host's cache that the plan's end leaves without a reference; sorted by file name. Those that
/// nothing refers to now are left out: the host reports them as leftovers.
///
/// - Parameters:
///   - kept: The desired guests of this host, changed or not.
///   - removed: Leftovers that go.
func releasedFiles(
    on host: ObservedHost, guests: [GuestTransition], kept: [ResolvedGuest], images: [ImageTransition],
    removed: [Leftover]
) -> [CachedFile] {
    guard !host.live.cache.isEmpty, !(guests.isEmpty && images.isEmpty && removed.isEmpty) else { return [] }
    var before: Set<String> = []
    var after: Set<String> = []
    let changedImages = Set(images.map(\.name))
    for image in host.live.images {
        before.insert(image.file.fileName)
        if image.owner != host.owner || !changedImages.contains(image.name) { after.insert(image.file.fileName) }
    }
    for image in images { if let file = image.definition?.file { after.insert(file.fileName) } }

    let changed = Dictionary(
        guests.compactMap { guest in guest.live.map { ($0.definition.id, guest) } },
        uniquingKeysWith: { first, _ in first })
    for guest in host.live.guests {
        let files = guest.cachedFiles
        before.formUnion(files)
        if let transition = changed[guest.definition.id] {
            if !transition.stops, let running = transition.changedProcess?.spec ?? guest.process?.spec {
                after.formUnion(running.cachedFiles)
            }
            after.formUnion(transition.keptDisks.compactMap(\.backing))
        } else {
            after.formUnion(files)
        }
    }
    for guest in kept { after.formUnion(guest.spec.cachedFiles) }
    for guest in host.live.retained {
        let files = guest.disks.compactMap(\.backing)
        before.formUnion(files)
        if !removed.contains(where: guest.leftover.isSame) { after.formUnion(files) }
    }
    return host.live.cache
        .filter { before.contains($0.fileName) && !after.contains($0.fileName) }
        .sorted { $0.fileName < $1.fileName }
}
