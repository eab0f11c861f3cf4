import FleetModel

/// Guests whose stops all come before their starts: one guest, or a group that is down together. On the way from
/// nothing done to all done, a unit's share of the host is therefore never above the larger of its two ends.
struct CapacityUnit {
    /// Positions in the host's guest transitions.
    var members: [Int] = []
    var freed = HostCapacity.Amounts()
    var taken = HostCapacity.Amounts()
    var starts = false

    mutating func add(_ position: Int, _ guest: GuestTransition) {
        members.append(position)
        freed = freed + guest.freed
        taken = taken + guest.taken
        starts = starts || guest.starts
    }

    /// By how many bytes it needs more memory afterwards than before.
    var growth: Int64 { taken.memory.bytes - freed.memory.bytes }

    /// One unit for each group, and one for each other guest.
    static func units(of guests: [GuestTransition], groups: [GuestGroup]) -> [CapacityUnit] {
        var units: [CapacityUnit] = []
        var grouped: Set<Int> = []
        for group in groups {
            var unit = CapacityUnit()
            for member in group.members { unit.add(member, guests[member]) }
            grouped.formUnion(group.members)
            units.append(unit)
        }
        for position in guests.indices where !grouped.contains(position) {
            guard guests[position].stops || guests[position].starts || guests[position].changesLive else { continue }
            var unit = CapacityUnit()
            unit.add(position, guests[position])
            units.append(unit)
        }
        return units
    }
}

extension HostCapacity.Amounts {
    static func + (a: Self, b: Self) -> Self {
        Self(memory: a.memory + b.memory, cpus: a.cpus + b.cpus, disk: a.disk + b.disk)
    }
}

/// Which starts of a host wait for which stops, so that memory holds at every moment.
struct CapacitySchedule {
    /// Positions of the guests whose start waits; ascending.
    var waiting: [Int] = []
    /// Positions of the guests whose stops are waited for; ascending.
    var freeing: [Int] = []
}
