import FleetModel

/// The fields of a guest, its disks and NICs left out.
let guestFields: [FieldRule<GuestSpec>] = [
    FieldRule("labels", \.labels, .live, text: labelText),
    FieldRule("cpus", \.cpus, .restart, text: { "\($0)" }),
    FieldRule("memory", \.memory, .restart, text: { "\($0)" }),
    FieldRule("machine", \.machine, .replace, text: { $0.rawValue }),
    FieldRule("accelerator", \.accelerator, .restart, text: { $0.rawValue }),
    FieldRule("cpu.model", \.cpuModel, .restart, text: { $0 }),
    FieldRule("boot.kernel", { $0.boot?.kernel }, .restart, text: { $0?.short }),
    FieldRule("boot.initrd", { $0.boot?.initrd }, .restart, text: { $0?.short }),
    FieldRule("boot.cmdline", { $0.boot?.cmdline }, .restart, text: { $0.map(quoted) }),
    FieldRule("boot.image", { $0.boot?.image }, .restart, text: { $0?.short }),
    FieldRule(
        "cloudInit.hostname", { $0.cloudInit.map { $0.hostname ?? "(the guest's name)" } }, .restart, text: { $0 }),
    FieldRule(
        "cloudInit.users", { $0.cloudInit?.users ?? [] }, .restart,
        text: { users in users.isEmpty ? nil : users.map(\.name).joined(separator: ", ") }),
    FieldRule("cloudInit.userData", { $0.cloudInit?.userData }, .restart, text: { $0.map(quoted) }),
    FieldRule(
        "power", \.power, impact: { _, after in after.power == .running ? .live : .restart }, text: { $0.rawValue }),
    FieldRule("stop.graceful", \.stopGrace, .live, text: { "\($0)" }),
]

/// The fields of a NIC.
let nicFields: [FieldRule<NICSpec>] = [
    FieldRule(
        "network", { NetworkOfNIC(name: $0.network, id: $0.networkID) },
        // Only the id says which network it is; a name alone changes where the network is renamed.
        impact: { $0.networkID == $1.networkID ? .live : .restart }, text: { $0.name.text }),
    FieldRule("mac", \.mac, .restart, text: { "\($0)" }),
    FieldRule("ipv4", \.ipv4, .restart, text: { "\($0)" }),
]

private struct NetworkOfNIC: Equatable {
    let name: Name
    let id: ObjectID
}

func labelText(_ labels: [String: String]) -> String? {
    labels.isEmpty ? nil : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
}

/// What differs between two guests, and which disks have to be made anew for it.
struct GuestDifference {
    var fields: [Change.Field] = []
    /// Disks that lose their content.
    var renewed: [Name] = []
    var causes: [String] = []

    init() {}

    init(from before: GuestSpec, to after: GuestSpec) {
        guard before != after else { return }
        fields = guestFields.compactMap { $0.change(from: before, to: after) }
        compareDisks(before.disks, after.disks)
        compareNICs(before.nics, after.nics)
        if let root = after.disks.first?.name, fields.contains(where: { $0.impact == .replace }),
            !renewed.contains(root), before.disks.contains(where: { $0.name == root })
        {
            renewed.insert(root, at: 0)
        }
    }

    private mutating func compareNICs(_ before: [NICSpec], _ after: [NICSpec]) {
        guard before != after else { return }
        let old = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for nic in after {
            guard let live = old[nic.name] else {
                fields.append(.init(path: "nics.\(nic.name)", before: nil, after: nic.summary, impact: .restart))
                continue
            }
            fields += nicFields.compactMap { $0.change(from: live, to: nic, under: "nics.\(nic.name).") }
        }
        let kept = Set(after.map(\.name))
        for nic in before where !kept.contains(nic.name) {
            fields.append(.init(path: "nics.\(nic.name)", before: nic.summary, after: nil, impact: .restart))
        }
        compareOrder("nics", before.map(\.name), after.map(\.name), impact: .restart)
    }

    /// Objects that are on both sides, but in another order.
    mutating func compareOrder(_ path: String, _ before: [Name], _ after: [Name], impact: Impact) {
        let common = Set(before).intersection(after)
        let (old, new) = (before.filter(common.contains), after.filter(common.contains))
        guard old != new else { return }
        fields.append(
            .init(
                path: "\(path).order", before: old.map(\.text).joined(separator: ", "),
                after: new.map(\.text).joined(separator: ", "), impact: impact))
    }
}

extension NICSpec {
    var summary: String { "\(network), \(ipv4), \(mac)" }
}
