import FleetModel

extension Remarks {
    /// Refuses what a host cannot give, with the arithmetic.
    ///
    /// - Returns: true where its memory or processors do not hold what is asked for.
    mutating func weigh(_ bill: CapacityBill, _ disk: DiskLoad) -> Bool {
        let (capacity, host) = (bill.capacity, bill.host)
        let lacksMemory = bill.starts && capacity.after.memory > capacity.allocatable.memory
        let lacksCPUs = bill.starts && capacity.after.cpus > max(capacity.allocatable.cpus, capacity.before.cpus)
        if lacksMemory { refuseMemory(bill) }
        if lacksCPUs { refuseCPUs(bill) }
        // A plan that adds nothing is not refused for what others have used up.
        let isAdding = disk.writes > .zero || disk.growth > .zero
        if isAdding, disk.writes + host.policy.reservedDisk > host.live.facts.diskAvailable {
            refuseDisk(bill, disk)
        } else {
            warnOfDisk(capacity, disk, host)
        }
        return lacksMemory || lacksCPUs
    }

    /// Disks are thin: what they may grow to is no reason to refuse a plan.
    private mutating func warnOfDisk(_ capacity: HostCapacity, _ disk: DiskLoad, _ host: ObservedHost) {
        let facts = host.live.facts
        let outgrowsPolicy = capacity.after.disk > max(capacity.allocatable.disk, capacity.before.disk)
        let room: ByteCount
        if let held = facts.diskHeld {
            room = min(capacity.allocatable.disk, facts.diskAvailable + held)
            guard outgrowsPolicy || disk.growth > .zero && capacity.after.disk > room else { return }
        } else {
            // Where it is not known what the files have by now, only what this plan adds can be weighed.
            guard outgrowsPolicy || disk.growth > facts.diskAvailable else { return }
            room = outgrowsPolicy ? capacity.allocatable.disk : facts.diskAvailable
        }
        warn(
            "capacity-disk-promised",
            "host.\(host.name): its disks may grow to \(capacity.after.disk.rounded) together, and it has "
                + "\(room.rounded) for them",
            detail: "promised   \(capacity.after.disk.rounded), \(max(disk.growth, .zero).rounded) of it by this plan\n"
                + "available  \(facts.diskAvailable.rounded) free"
                + (facts.diskHeld.map { ", and \($0.rounded) that they take now" } ?? ""),
            help: "disks take only what is written to them; watch the host's free space")
    }

    private mutating func refuseMemory(_ bill: CapacityBill) {
        let (facts, policy) = (bill.host.live.facts, bill.host.policy)
        let capacity = bill.capacity
        let excess = ByteCount(bytes: capacity.after.memory.bytes - capacity.allocatable.memory.bytes)
        let present = min(facts.memory, policy.memory ?? facts.memory)
        let source = present < facts.memory ? "declared" : "measured"
        refuse(
            "capacity-memory", "host.\(bill.host.name) lacks \(excess.roundedUp) of memory for this plan",
            detail: bill.text(
                allocatable: capacity.allocatable.memory.rounded, needed: capacity.after.memory.rounded,
                source: "(\(present.rounded) \(source) - \(policy.reservedMemory.rounded) reserved)"
                    + overcommit(policy.memoryOvercommit), items: bill.memory),
            help: "lower memory by \(excess.roundedUp) in total\(bill.sparing(excess.bytes, of: bill.memory))")
    }

    private mutating func refuseCPUs(_ bill: CapacityBill) {
        let (facts, policy) = (bill.host.live.facts, bill.host.policy)
        let capacity = bill.capacity
        let excess = capacity.after.cpus - capacity.allocatable.cpus
        let present = min(facts.cpus, policy.cpus ?? facts.cpus)
        let source = present < facts.cpus ? "declared" : "measured"
        refuse(
            "capacity-cpu", "host.\(bill.host.name) lacks \(excess) virtual CPU\(excess == 1 ? "" : "s") for this plan",
            detail: bill.text(
                allocatable: "\(capacity.allocatable.cpus)", needed: "\(capacity.after.cpus)",
                source: "(\(present) \(source) - \(min(policy.reservedCPUs, present / 2)) reserved)"
                    + overcommit(policy.cpuOvercommit), items: bill.cpus),
            help: "lower cpus by \(excess) in total\(bill.sparing(Int64(excess), of: bill.cpus))")
    }

    private mutating func refuseDisk(_ bill: CapacityBill, _ disk: DiskLoad) {
        let (free, reserved) = (bill.host.live.facts.diskAvailable, bill.host.policy.reservedDisk)
        let available = max(.zero, free - reserved)
        let lacking = disk.writes + reserved - free
        let fills = disk.fills.map { CapacityBill.Item(name: $0.disk, amount: $0.size.bytes, text: $0.size.rounded) }
        let items =
            disk.files.compactMap { file, path in
                file.size.map { CapacityBill.Item(name: path, amount: $0.bytes, text: $0.rounded) }
            }.sorted { $0.amount == $1.amount ? $0.name < $1.name : $0.amount > $1.amount } + fills
        refuse(
            "capacity-disk", "host.\(bill.host.name) lacks \(lacking.roundedUp) of disk for this plan",
            detail: bill.text(
                allocatable: available.rounded, needed: disk.writes.rounded,
                source: reserved == .zero
                    ? "free on the host's disk" : "(\(free.rounded) free - \(reserved.rounded) reserved)",
                items: items,
                purpose: items.isEmpty ? "at once; new and larger disks take more" : "to be copied to the host:"),
            help: "free \(lacking.roundedUp) on the host's disk, or use smaller images"
                + (reserved == .zero ? "" : ", or lower storage.reserve"))
    }

    private func overcommit(_ ratio: Double) -> String { ratio == 1 ? "" : " x \(ratio)" }
}

/// Who takes what of a host once the plan is done.
struct CapacityBill {
    struct Item {
        let name: String
        let amount: Int64
        let text: String
        /// What this plan does to it: starts or grows it; nil: nothing.
        var verb: String?
        var remark: String { verb.map { ", \($0) by this plan" } ?? "" }
    }

    let capacity: HostCapacity
    let host: ObservedHost
    let starts: Bool
    private let guests: [GuestTransition]
    private let removed: [Leftover]

    /// - Parameter removed: leftovers that the plan removes, and what they take with them.
    init(capacity: HostCapacity, guests: [GuestTransition], removed: [Leftover], host: ObservedHost) {
        self.capacity = capacity
        self.guests = guests
        self.removed = removed
        self.host = host
        starts = guests.contains { $0.starts || $0.grows }
    }

    var memory: [Item] {
        items(
            live: { $0.memoryCost.bytes }, started: { $0.memory.bytes }, stranger: { $0.memory.bytes },
            text: { ByteCount(bytes: $0).rounded })
    }

    var cpus: [Item] {
        items(
            live: { Int64($0.runningCPUs) }, started: { Int64($0.cpus) }, stranger: { Int64($0.cpus) },
            text: { "\($0)" })
    }

    /// Largest first, then by name.
    private func items(
        live: (LiveGuest) -> Int64, started: (HostCapacity.Amounts) -> Int64, stranger: (StrangerProcess) -> Int64,
        text: (Int64) -> String
    ) -> [Item] {
        var items: [Item] = []
        func add(_ name: String, _ amount: Int64, verb: String? = nil) {
            if amount > 0 { items.append(Item(name: name, amount: amount, text: text(amount), verb: verb)) }
        }
        for guest in guests where guest.starts || guest.grows {
            add("guest.\(guest.name)", started(guest.taken), verb: guest.starts ? "started" : "grown")
        }
        let changed = Dictionary(
            guests.compactMap { guest in guest.live.map { ($0.definition.id, guest) } },
            uniquingKeysWith: { first, _ in first })
        for guest in host.live.guests {
            let definition = guest.definition
            if definition.owner != host.owner {
                add("guest.\(definition.name) of fleet \(definition.owner.fleet)", live(guest))
            } else if changed[definition.id].map({ !$0.stops && !$0.starts && !$0.grows }) ?? true {
                add("guest.\(definition.name)", live(guest))
            }
        }
        for process in host.live.strangers { add("QEMU process \(process.pid) (\(process.name))", stranger(process)) }
        for leftover in host.live.leftovers where !removed.contains(leftover) {
            if let process = leftover.process {
                add("\(ResourceAddress(leftover)), \(leftover.text) (\(process.name))", stranger(process))
            }
        }
        return items.sorted { $0.amount == $1.amount ? $0.name < $1.name : $0.amount > $1.amount }
    }

    func text(
        allocatable: String, needed: String, source: String, items: [Item], purpose: String = "at the end of the apply:"
    ) -> String {
        let shown = items.prefix(10)
        let width = ([allocatable, needed] + shown.map(\.text)).map(\.count).max() ?? 0
        func row(_ label: String, _ amount: String, _ remark: String) -> String {
            let left = label.padded(to: 11)
            return "\(left)  \(String(repeating: " ", count: max(0, width - amount.count)))\(amount)  \(remark)"
        }
        var rows = [row("allocatable", allocatable, source), row("needed", needed, purpose)]
        for item in shown {
            rows.append(row("", item.text, item.name + item.remark))
        }
        if items.count > shown.count { rows.append(row("", "", "and \(items.count - shown.count) more")) }
        return rows.joined(separator: "\n")
    }

    /// The smallest started guest without which the rest fits, as the second half of a sentence.
    func sparing(_ excess: Int64, of items: [Item]) -> String {
        guard let spared = items.last(where: { $0.verb == "started" && $0.amount >= excess }) else { return "" }
        return ", or leave \(spared.name) (\(spared.text)) stopped with power: stopped"
    }
}

extension GuestTransition {
    /// It takes more while it runs.
    fileprivate var grows: Bool {
        !stops && !starts && (taken.memory > freed.memory || taken.cpus > freed.cpus)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension ByteCount {
    /// At least this much, in whole MiB, or tenths of a GiB from one GiB on.
    var roundedUp: String {
        guard bytes > 1 << 30 else { return "\((bytes + (1 << 20) - 1) >> 20)MiB" }
        let tenths = (bytes * 10 + (1 << 30) - 1) >> 30
        return tenths % 10 == 0 ? "\(tenths / 10)GiB" : "\(tenths / 10).\(tenths % 10)GiB"
    }
}
