import FleetModel

/// What the plan takes of each host at its end, and of its disks at the worst moment.
struct CapacityCheck {
    /// Memory and processors of the peak are left as they are before.
    var hosts: [HostCapacity] = []
    /// Hosts whose memory or processors do not hold what is asked for in the end.
    var full: Set<Int> = []
    var remarks = Remarks()
}

/// Weighs what changes against what each host can give.
func checkCapacity(of difference: Difference, on observed: ObservedFleet) -> CapacityCheck {
    var check = CapacityCheck()
    for (index, host) in observed.hosts.enumerated() {
        let guests = difference.guests[index]
        let before = host.taken
        let freed = difference.leftovers[index].taken
        var after = before
        after.memory = after.memory - freed.memory
        after.cpus -= freed.cpus
        for guest in guests {
            after.memory = after.memory + guest.taken.memory - guest.freed.memory
            after.cpus += guest.taken.cpus - guest.freed.cpus
        }
        let disk = DiskLoad(host: host, guests: guests, difference, index)
        after.disk += disk.growth
        var capacity = HostCapacity(
            host: host.name, allocatable: host.allocatable, before: before, peak: before, after: after)
        capacity.peak.disk += disk.peakGrowth
        let bill = CapacityBill(
            capacity: capacity, guests: guests, removed: difference.leftovers[index], host: host)
        if check.remarks.weigh(bill, disk) { check.full.insert(index) }
        check.hosts.append(capacity)
    }
    return check
}

/// How much of a host's disk the plan takes.
struct DiskLoad {
    /// Files to be copied into the cache, and where they come from.
    let files: [(file: CachedFile, path: String)]
    /// The sum of their sizes.
    let copies: ByteCount
    /// Raw disks that are filled from an image, and what its file has; the disk takes that much at once.
    let fills: [(disk: String, size: ByteCount)]
    /// What the plan writes as it makes files, before any guest writes to its disks.
    let writes: ByteCount
    let growth: ByteCount
    /// With everything added and nothing removed yet.
    let peakGrowth: ByteCount

    init(host: ObservedHost, guests: [GuestTransition], _ difference: Difference, _ index: Int) {
        var files: [String: (file: CachedFile, path: String)] = [:]
        for image in difference.images[index] {
            if let file = image.definition?.file {
                files[file.fileName] = (file, image.wanted?.desired.source.description ?? file.fileName)
            }
        }
        for guest in guests {
            for (file, path) in guest.resolved?.desired.boot?.files ?? [] { files[file.fileName] = (file, path) }
        }
        if !files.isEmpty { for file in host.live.cache { files[file.fileName] = nil } }
        self.files = Array(files.values)
        copies = files.values.reduce(into: .zero) { $0 += $1.file.size ?? .zero }
        let sizes = Dictionary(
            (Array(files.values.map(\.file)) + host.live.cache).map { ($0.fileName, $0.size ?? .zero) },
            uniquingKeysWith: { first, _ in first })
        fills = guests.flatMap { $0.fills(sizes) }
        writes = fills.reduce(copies) { $0 + $1.size }
        let goingFiles = difference.leftovers[index].filter { $0.kind == .cacheFile }.map(\.lastComponent)
        let going = Set(goingFiles + difference.released[index].map(\.fileName))
        let removed = host.live.cache.filter { going.contains($0.fileName) }.reduce(ByteCount.zero) {
            $0 + ($1.size ?? .zero)
        }
        let dropped = host.retained.filter { difference.leftovers[index].contains(where: $0.leftover.isSame) }
            .reduce(ByteCount.zero) { $0 + $1.size }
        growth = copies - removed - dropped + ByteCount(bytes: guests.reduce(0) { $0 + $1.diskGrowth })
        peakGrowth = copies + ByteCount(bytes: guests.reduce(0) { $0 + max(0, $1.diskGrowth) })
    }
}

extension GuestTransition {
    /// The raw disks that are made from images.
    fileprivate func fills(_ sizes: [String: ByteCount]) -> [(disk: String, size: ByteCount)] {
        guard let definition else { return [] }
        let present = Set((live?.definition.spec.disks ?? []).map(\.name) + (live?.keptDisks ?? []).map(\.name))
        return definition.spec.disks.compactMap { disk in
            guard disk.format == .raw, let base = disk.base,
                definition.pendingDisks.contains(disk.name)
                    || !present.contains(disk.name)
                        && found?.disks.contains(where: { $0.name == disk.name }) != true
            else { return nil }
            return ("disk \(disk.name) of guest.\(name)", sizes[base.fileName] ?? .zero)
        }
    }
}
