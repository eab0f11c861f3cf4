import FleetModel

/// What the plan takes of each host at its worst moment and at its end, and the order that keeps the former in bounds.
struct CapacityCheck {
    var hosts: [HostCapacity] = []
    /// For each host.
    var schedules: [CapacitySchedule] = []
    var remarks = Remarks()
}

/// Weighs what changes against what each host can give.
func checkCapacity(of difference: Difference, on observed: ObservedFleet) -> CapacityCheck {
    var check = CapacityCheck()
    for (index, host) in observed.hosts.enumerated() {
        let guests = difference.guests[index]
        let units = CapacityUnit.units(of: guests, groups: difference.groups[index])
        let load = HostLoad(host: host, units: units)
        let schedule = load.schedule
        var capacity = load.capacity(under: schedule)
        let disk = DiskLoad(host: host, guests: guests, difference, index)
        capacity.peak.disk += disk.peakGrowth
        capacity.after.disk += disk.growth

        check.remarks.weigh(capacity, disk, guests, on: host)
        check.schedules.append(
            CapacitySchedule(
                waiting: schedule.waiting.flatMap { units[$0].members }.filter { guests[$0].starts }.sorted(),
                freeing: schedule.freeing.flatMap { units[$0].members }.filter { guests[$0].stops }.sorted()))
        check.hosts.append(capacity)
    }
    return check
}

/// The memory and processors of one host while its units change.
private struct HostLoad {
    let host: ObservedHost
    let units: [CapacityUnit]
    let before: HostCapacity.Amounts
    let allocatable: HostCapacity.Amounts

    /// Positions of units.
    struct Schedule {
        var waiting: [Int] = []
        var freeing: [Int] = []
    }

    init(host: ObservedHost, units: [CapacityUnit]) {
        self.host = host
        self.units = units
        before = host.taken
        allocatable = host.allocatable
    }

    /// Units that grow wait for all that shrink, where the steps could otherwise exceed the host's memory. With the
    /// host over its limit already, every start waits, since the host would refuse each one before there is room.
    var schedule: Schedule {
        let freeing = units.indices.filter { units[$0].growth < 0 && units[$0].freed.memory > .zero }
        guard !freeing.isEmpty else { return Schedule() }
        let worst = before.memory.bytes + units.reduce(0) { $0 + max(0, $1.growth) }
        let starting = units.indices.filter { units[$0].starts }
        guard worst > allocatable.memory.bytes, !starting.isEmpty else { return Schedule() }
        if before.memory > allocatable.memory { return Schedule(waiting: starting, freeing: freeing) }
        return Schedule(waiting: starting.filter { units[$0].growth > 0 }, freeing: freeing)
    }

    func capacity(under schedule: Schedule) -> HostCapacity {
        let after = units.reduce(before) { sum, unit in
            HostCapacity.Amounts(
                memory: sum.memory + unit.taken.memory - unit.freed.memory,
                cpus: sum.cpus + unit.taken.cpus - unit.freed.cpus, disk: sum.disk)
        }
        let peak = HostCapacity.Amounts(
            memory: before.memory + ByteCount(bytes: peakGrowth(schedule) { $0.growth }),
            cpus: before.cpus + Int(peakGrowth(schedule) { Int64($0.taken.cpus - $0.freed.cpus) }), disk: before.disk)
        return HostCapacity(host: host.name, allocatable: allocatable, before: before, peak: peak, after: after)
    }

    /// The most by which the sum over all units grows at any moment. Either no waiting unit has started: then each
    /// other one adds what it grows by. Or one has: then all that free have stopped, and add their whole change.
    private func peakGrowth(_ schedule: Schedule, _ growth: (CapacityUnit) -> Int64) -> Int64 {
        let waiting = Set(schedule.waiting)
        let freeing = Set(schedule.freeing)
        var early: Int64 = 0
        var late: Int64 = 0
        for (index, unit) in units.enumerated() {
            let change = growth(unit)
            if !waiting.contains(index) { early += max(0, change) }
            late += freeing.contains(index) ? change : max(0, change)
        }
        return waiting.isEmpty ? early : max(early, late)
    }
}

/// How much of a host's disk the plan takes.
struct DiskLoad {
    /// Files to be copied into the cache.
    let copies: ByteCount
    let growth: ByteCount
    /// With everything added and nothing removed yet.
    let peakGrowth: ByteCount

    init(host: ObservedHost, guests: [GuestTransition], _ difference: Difference, _ index: Int) {
        var files: [String: CachedFile] = [:]
        for image in difference.images[index] { if let file = image.definition?.file { files[file.fileName] = file } }
        for guest in guests {
            for (file, _) in guest.resolved?.desired.boot?.files ?? [] { files[file.fileName] = file }
        }
        if !files.isEmpty { for file in host.live.cache { files[file.fileName] = nil } }
        copies = files.values.reduce(into: .zero) { $0 += $1.size }
        let goingFiles = difference.leftovers[index].filter { $0.kind == .cacheFile }.map(\.lastComponent)
        let going = Set(goingFiles + difference.released[index].map(\.fileName))
        let removed = host.live.cache.filter { going.contains($0.fileName) }.reduce(ByteCount.zero) { $0 + $1.size }
        growth = copies - removed + ByteCount(bytes: guests.reduce(0) { $0 + $1.diskGrowth })
        peakGrowth = copies + ByteCount(bytes: guests.reduce(0) { $0 + max(0, $1.diskGrowth) })
    }
}
