import FleetModel

/// A disk, and whether the guest starts from it: the first of its list is the root disk.
struct PlacedDisk: Sendable {
    let disk: DiskSpec
    let isRoot: Bool

    /// What making it anew does.
    var renewal: Impact { isRoot ? .replace : .destroy }
}

/// The fields of a disk.
let diskFields: [FieldRule<PlacedDisk>] = [
    FieldRule(
        "image", \.disk.base, impact: { $0.disk.hasSameContent(as: $1.disk) ? .live : $1.renewal },
        text: { $0.map { "\($0.image) (\($0.digest.short))" } }),
    FieldRule("size", \.disk.size, impact: { $1.disk.size < $0.disk.size ? $1.renewal : .restart }, text: { "\($0)" }),
]

extension DiskSpec {
    /// True where both start as overlays on the same bytes: an image that was only renamed changes nothing.
    fileprivate func hasSameContent(as other: DiskSpec) -> Bool {
        base?.digest == other.base?.digest && base?.format == other.base?.format
    }

    var summary: String { base.map { "\(size), image \($0.image)" } ?? "\(size)" }
}

extension GuestDifference {
    mutating func compareDisks(_ before: [DiskSpec], _ after: [DiskSpec]) {
        guard before != after else { return }
        let old = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for (position, disk) in after.enumerated() {
            let path = "disks.\(disk.name)"
            let new = PlacedDisk(disk: disk, isRoot: position == 0)
            guard let live = old[disk.name] else {
                let impact: Impact = new.isRoot && !before.isEmpty ? .replace : .restart
                fields.append(.init(path: path, before: nil, after: disk.summary, impact: impact))
                continue
            }
            let changed = diskFields.compactMap {
                $0.change(from: PlacedDisk(disk: live, isRoot: new.isRoot), to: new, under: "\(path).")
            }
            fields += changed
            if changed.contains(where: { $0.impact >= .replace }) {
                renewed.append(disk.name)
                if !new.isRoot { causes.append("disk \(disk.name) is made anew, and what is on it is lost") }
            }
        }
        let kept = Set(after.map(\.name))
        for disk in before where !kept.contains(disk.name) {
            fields.append(.init(path: "disks.\(disk.name)", before: disk.summary, after: nil, impact: .restart))
            causes.append("disk \(disk.name) is detached; its file is kept on the host")
        }
        compareOrder("disks", before.map(\.name), after.map(\.name), impact: .restart)
    }
}
