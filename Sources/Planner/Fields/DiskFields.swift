import FleetModel

/// A disk in a guest's list. The first of the list is the root disk.
struct PlacedDisk: Sendable {
    /// Nil: the guest has no disk of the name.
    let disk: DiskSpec?
    let isRoot: Bool
    /// The guest has disks at all.
    var hasOthers = true
}

/// A disk that a guest gains or loses.
let diskPresence = FieldRule<PlacedDisk>(
    "disks", differs: { ($0.disk == nil) != ($1.disk == nil) }, text: { $0.disk?.summary },
    [
        .when("root", "another first disk", .replace, if: { $0.old.disk == nil && $0.new.isRoot && $0.old.hasOthers }),
        .when(
            "add-microvm", "added, on microvm or pc", .restart, note: { $0.guest.noHotPlug },
            if: { $0.old.disk == nil && !$0.guest.takesHotPlug }),
        .when(
            "add-no-hot-plug", "added, on `bus: sata` or `ide`", .restart,
            note: { "\($0.new.bus) takes no hot-plug" },
            if: { $0.old.disk == nil && !$0.new.takesHotPlug }),
        .when(
            "add-no-port", "added, with no port free", .restart, note: { _ in "no free port" },
            if: { $0.old.disk == nil && $0.guest.freePorts <= 0 && $0.new.takesPort }),
        .when("add", "added", .live, needsGuest: true, if: { $0.old.disk == nil }),
        .when("delete", "removed, with `onRemove: delete`", .destroy, needsGuest: true, interrupts: false) {
            $0.old.disk?.onRemove == .delete && $0.old.canBeUnplugged(from: $0.guest)
        },
        .when(
            "delete-restart",
            "removed, with `onRemove: delete`: the first disk, on microvm or pc, or on `bus: sata` or `ide`", .destroy,
            note: { _ in "the guest restarts for it" },
            if: { $0.old.disk?.onRemove == .delete }),
        .when(
            "remove", "removed, with `onRemove: keep`", .live, needsGuest: true,
            note: { _ in "what it has not written is lost" },
            if: { $0.old.canBeUnplugged(from: $0.guest) }),
        .always(
            "remove-restart",
            "removed, with `onRemove: keep`: the first disk, on microvm or pc, or on `bus: sata` or `ide`", .restart),
    ])

/// The fields of a disk that stays.
let diskFields: [FieldRule<PlacedDisk>] = [
    FieldRule(
        "image", { $0.disk?.base }, text: { $0.map { "\($0.image) (\($0.digest.short))" } },
        [
            .when("renamed", "the same bytes under another name", .live, if: { $0.old.hasSameContent(as: $0.new) }),
            .when("root", "other bytes, of the first disk", .replace, if: { $0.new.isRoot }),
            .always("data", "other bytes, of another disk", .destroy, note: { _ in "the guest restarts for it" }),
        ]),
    FieldRule(
        "size", { $0.disk?.size ?? .zero }, text: { "\($0)" },
        [
            .when(
                "more-restart", "larger, on `bus: sata` or `ide`", .restart,
                note: { _ in "such a disk keeps its size while its system runs" },
                if: { $0.old.size < $0.new.size && !$0.new.takesHotPlug }),
            .when("more", "larger", .live, if: { $0.old.size < $0.new.size }),
            .when("less-root", "smaller, of the first disk", .replace, if: { $0.new.isRoot }),
            .always("less-data", "smaller, of another disk", .destroy, note: { _ in "the guest restarts for it" }),
        ]),
    FieldRule(
        "format", { $0.disk?.format }, text: { $0?.rawValue },
        [
            .when("root", "another one, of the first disk", .replace, if: { $0.new.isRoot }),
            .always("data", "another one, of another disk", .destroy, note: { _ in "the guest restarts for it" }),
        ]),
    FieldRule("bus", { $0.disk?.bus }, text: { $0?.rawValue }, [.always("any", "any", .restart)]),
    FieldRule("cache", { $0.disk?.cache }, text: { $0?.rawValue }, [.always("any", "any", .restart)]),
    FieldRule("aio", { $0.disk?.aio }, text: { $0?.rawValue }, [.always("any", "any", .restart)]),
    FieldRule("discard", { $0.disk?.discard }, text: { $0?.rawValue }, [.always("any", "any", .restart)]),
    FieldRule("ioThread", { $0.disk?.hasIOThread }, text: { $0.map { "\($0)" } }, [.always("any", "any", .restart)]),
    FieldRule("iops", { $0.disk?.iops }, text: { $0.map { "\($0)" } }, [.always("any", "any", .live)]),
    FieldRule("bandwidth", { $0.disk?.bandwidth }, text: { $0?.inBytes }, [.always("any", "any", .live)]),
    FieldRule("onRemove", { $0.disk?.onRemove }, text: { $0?.rawValue }, [.always("any", "any", .live)]),
    FieldRule("onDestroy", { $0.disk?.onDestroy }, text: { $0?.rawValue }, [.always("any", "any", .live)]),
]

let diskOrder = FieldRule<[Name]>(
    "disks.order", \.self, text: { $0.map(\.text).joined(separator: ", ") },
    [.always("any", "the same disks in another order", .restart)])

extension PlacedDisk {
    /// True where both start as overlays on the same bytes: an image that was only renamed changes nothing.
    fileprivate func hasSameContent(as other: PlacedDisk) -> Bool {
        disk?.base?.digest == other.disk?.base?.digest && disk?.base?.format == other.disk?.base?.format
    }

    fileprivate var size: ByteCount { disk?.size ?? .zero }

    fileprivate var bus: String { disk?.bus.rawValue ?? "" }
    fileprivate var takesHotPlug: Bool { disk?.bus.takesHotPlug ?? true }
    fileprivate var takesPort: Bool { disk?.bus.takesPort ?? false }

    fileprivate func canBeUnplugged(from guest: GuestContext) -> Bool { !isRoot && guest.takesHotPlug && takesHotPlug }
}

extension DiskSpec {
    var summary: String {
        let limits = [iops.map { "\($0) IOPS" }, bandwidth?.inBytes].compactMap { $0 }
        let traits = [
            format == .raw ? "raw" : nil, bus == .virtio ? nil : "bus \(bus.rawValue)",
            cache == .writeback ? nil : "cache \(cache.rawValue)", aio == .threads ? nil : aio.rawValue,
            discard == .unmap ? nil : "discard ignored", hasIOThread ? "a thread of its own" : nil,
        ].compactMap { $0 }
        let image = base.map { ["image \($0.image)"] } ?? []
        return (["\(size)"] + image + traits + limits).joined(separator: ", ")
    }
}
