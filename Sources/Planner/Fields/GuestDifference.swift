import FleetModel

/// What differs between two guests, and which disks have to be made anew for it.
struct GuestDifference {
    private(set) var verdicts: [FieldVerdict] = []
    /// Disks that lose their content.
    private(set) var renewed: [Name] = []
    private(set) var causes: [String] = []

    /// - Parameter context: the guest that is to become the second of the two.
    init(from before: GuestSpec, to after: GuestSpec, _ context: GuestContext) {
        guard before != after else { return }
        var context = context
        verdicts = guestFields.compactMap { $0.verdict(from: before, to: after, context) }
        let disks = Listed(before.disks, after.disks)
        let nics = Listed(before.nics, after.nics)
        // What goes is unplugged first, and leaves its port.
        context.freePorts += disks.gone.count(where: \.bus.takesPort) + nics.gone.count
        compare(disks, &context)
        compare(nics, &context)
        if let root = after.disks.first?.name, verdicts.contains(where: { $0.field.impact == .replace }),
            !renewed.contains(root), before.disks.contains(where: { $0.name == root })
        {
            renewed.insert(root, at: 0)
        }
    }

    private mutating func compare(_ disks: Listed<DiskSpec>, _ context: inout GuestContext) {
        guard disks.differ else { return }
        let first = (disks.before.first?.name, disks.after.first?.name)
        for disk in disks.after {
            let path = "disks.\(disk.name)"
            let new = PlacedDisk(disk: disk, isRoot: disk.name == first.1)
            guard let live = disks.old[disk.name] else {
                let absent = PlacedDisk(disk: nil, isRoot: false, hasOthers: !disks.before.isEmpty)
                add(diskPresence.verdict(from: absent, to: new, at: path, context))
                if disk.bus.takesPort, !new.isRoot || disks.before.isEmpty { context.freePorts -= 1 }
                if let kept = context.keptDisks[disk.name], kept.differs(from: disk) == nil {
                    causes.append("disk \(disk.name) has a file that was kept (\(kept.size)), which is attached again")
                }
                continue
            }
            let changed = diskFields.compactMap {
                $0.verdict(
                    from: PlacedDisk(disk: live, isRoot: new.isRoot), to: new, at: "\(path).\($0.path)", context)
            }
            verdicts += changed
            if changed.contains(where: { $0.field.impact >= .replace }) {
                renewed.append(disk.name)
                if !new.isRoot { causes.append("disk \(disk.name) is made anew, and what is on it is lost") }
            }
        }
        for disk in disks.gone {
            let old = PlacedDisk(disk: disk, isRoot: disk.name == first.0)
            add(
                diskPresence.verdict(
                    from: old, to: PlacedDisk(disk: nil, isRoot: false), at: "disks.\(disk.name)", context))
            causes.append(
                disk.onRemove == .delete
                    ? "disk \(disk.name) is removed, and its data is deleted"
                    : "disk \(disk.name) is detached; its file is kept on the host")
        }
        add(diskOrder.verdict(from: disks.order.before, to: disks.order.after, context))
    }

    private mutating func compare(_ nics: Listed<NICSpec>, _ context: inout GuestContext) {
        guard nics.differ else { return }
        for nic in nics.after {
            let path = "nics.\(nic.name)"
            guard let live = nics.old[nic.name] else {
                add(nicPresence.verdict(from: nil, to: nic, at: path, context))
                context.freePorts -= 1
                continue
            }
            verdicts += nicFields.compactMap { $0.verdict(from: live, to: nic, at: "\(path).\($0.path)", context) }
        }
        for nic in nics.gone { add(nicPresence.verdict(from: nic, to: nil, at: "nics.\(nic.name)", context)) }
        add(nicOrder.verdict(from: nics.order.before, to: nics.order.after, context))
    }

    private mutating func add(_ verdict: FieldVerdict?) { if let verdict { verdicts.append(verdict) } }
}

/// Two lists of a guest's disks or NICs.
private struct Listed<Element: Hashable & Named> {
    let before: [Element]
    let after: [Element]
    /// What only the first has.
    let gone: [Element]
    let old: [Name: Element]
    let differ: Bool

    init(_ before: [Element], _ after: [Element]) {
        self.before = before
        self.after = after
        differ = before != after
        guard differ else {
            (gone, old) = ([], [:])
            return
        }
        old = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(after.map(\.name))
        gone = before.filter { !kept.contains($0.name) }
    }

    /// What is in both, in the order of each.
    var order: (before: [Name], after: [Name]) {
        let leaving = Set(gone.map(\.name))
        return (before.map(\.name).filter { !leaving.contains($0) }, after.map(\.name).filter { old[$0] != nil })
    }
}
