import FleetModel

/// A NIC that a guest gains or loses; nil: it does not have it.
let nicPresence = FieldRule<NICSpec?>(
    "nics", differs: { ($0 == nil) != ($1 == nil) }, text: { $0?.summary },
    [
        .when(
            "add-microvm", "added, on microvm or pc", .restart, note: { $0.guest.noHotPlug },
            if: { $0.old == nil && !$0.guest.takesHotPlug }),
        .when(
            "add-no-port", "added, with no port free", .restart, note: { _ in "no free port" },
            if: { $0.old == nil && $0.guest.freePorts <= 0 }),
        .when(
            "contended", "its address passes from or to another guest", .restart, note: { _ in contended },
            if: { $0.guest.isContended }),
        .when("add", "added", .live, needsGuest: true, if: { $0.old == nil }),
        .when("remove", "removed", .live, needsGuest: true, if: { $0.guest.takesHotPlug }),
        .always("remove-microvm", "removed, on microvm or pc", .restart, note: { $0.guest.noHotPlug }),
    ])

/// The fields of a NIC that stays.
let nicFields: [FieldRule<NICSpec>] = [
    FieldRule(
        "network", { NetworkOfNIC(name: $0.network, id: $0.networkID) }, text: { $0.name.text },
        [
            // Only the id says which network it is; a name alone changes where the network is renamed.
            .when(
                "renamed", "the same network under another name", .live, if: { $0.old.networkID == $0.new.networkID }),
            .when(
                "contended", "another network, and its address passes from or to another guest", .restart,
                note: { _ in contended }, if: { $0.guest.isContended }),
            .always(
                "move", "another network", .live, needsGuest: true,
                note: { _ in "it sees its cable pulled and plugged" }),
        ]),
    FieldRule("mac", \.mac, text: { "\($0)" }, [.always("any", "any", .restart)]),
    FieldRule(
        "ipv4", \.ipv4, text: { "\($0)" },
        [
            .when("move", "with another network", .live, needsGuest: true) {
                $0.old.networkID != $0.new.networkID && !$0.guest.isContended
            },
            .always("any", "on the same network", .restart),
        ]),
    FieldRule("bandwidth", \.bandwidth, text: { $0?.inBits }, [.always("any", "any", .live)]),
]

let nicOrder = FieldRule<[Name]>(
    "nics.order", \.self, text: { $0.map(\.text).joined(separator: ", ") },
    [.always("any", "the same NICs in another order", .restart)])

private let contended = "its address passes from or to another guest"

private struct NetworkOfNIC: Equatable {
    let name: Name
    let id: ObjectID
}

extension NICSpec {
    var summary: String {
        (["\(network)", "\(ipv4)", "\(mac)"] + (bandwidth.map { [$0.inBits] } ?? [])).joined(separator: ", ")
    }
}
