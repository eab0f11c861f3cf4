import FleetModel
import Planner

/// The live fleet: its hosts, networks, guests with their addresses, and what is taken of each host.
///
/// - Parameter policies: What each host may give, as the manifests declare it; hosts without an entry have the defaults.
public func renderShow(
    fleet: Name, hosts: [Name: HostObservation], policies: [Name: HostPolicy] = [:], style: TextStyle
) -> String {
    var text = style.paint("Fleet \(fleet)", .bold) + "\n"
    let live = hosts.sorted { $0.key < $1.key }.compactMap { name, observation -> (name: Name, live: LiveHost)? in
        guard case .observed(let live) = observation else { return nil }
        return (name, live)
    }
    writeHosts(live, policies, to: &text, style)
    writeNetworks(live, fleet, to: &text, style)
    writeGuests(fleetGuests(fleet, hosts), to: &text, style)
    writeUnreachable(hosts, to: &text, style)
    return text
}

private func writeHosts(
    _ hosts: [(name: Name, live: LiveHost)], _ policies: [Name: HostPolicy], to text: inout String, _ style: TextStyle
) {
    var table = TextTable([
        .init(title: "HOST"), .init(title: "QEMU"), .init(title: "KVM"), .init(title: "MEMORY", isNumeric: true),
        .init(title: "CPUS", isNumeric: true), .init(title: "DISK", isNumeric: true),
    ])
    for (name, live) in hosts {
        let capacity = observedCapacity(of: live, name: name, policy: policies[name] ?? HostPolicy())
        let (taken, limit) = (capacity.after, capacity.allocatable)
        let kvm: TextTable.Cell =
            switch live.facts.kvm {
            case .works: .init("works", .added)
            case .limited: .init("limited", .changed)
            case .unusable: .init("none", .faint)
            }
        table.add([
            .init(name.text), .init(live.facts.qemuVersion ?? "missing"), kvm,
            .init("\(taken.memory.rounded) of \(limit.memory.rounded)"), .init("\(taken.cpus) of \(limit.cpus)"),
            .init("\(taken.disk.rounded) of \(limit.disk.rounded)"),
        ])
    }
    guard !table.isEmpty else { return }
    text += "\nHosts, with what is taken of what can be given:\n"
    table.write(to: &text, style: style)
}

private func writeNetworks(
    _ hosts: [(name: Name, live: LiveHost)], _ fleet: Name, to text: inout String, _ style: TextStyle
) {
    var table = TextTable([
        .init(title: "NETWORK"), .init(title: "HOST"), .init(title: "MODE"), .init(title: "SUBNET"),
        .init(title: "GATEWAY"), .init(title: "STATE"),
    ])
    var rows: [(name: Name, cells: [TextTable.Cell])] = []
    for (host, live) in hosts {
        let owner = Owner(instance: live.facts.instance, fleet: fleet)
        for network in live.networks where network.definition.owner == owner {
            let spec = network.definition.spec
            let state = network.defects.isEmpty ? "up" : network.defects.map(\.text).joined(separator: "; ")
            rows.append(
                (
                    network.definition.name,
                    [
                        .init(network.definition.name.text), .init(host.text), .init(spec.mode.rawValue),
                        .init(spec.subnet.description), .init(spec.gateway.description),
                        .init(state, network.defects.isEmpty ? .added : .removed),
                    ]
                ))
        }
    }
    guard !rows.isEmpty else { return }
    // Sorting is stable, so that the hosts of one network stay in order.
    for row in rows.sorted(by: { $0.name < $1.name }) { table.add(row.cells) }
    text += "\nNetworks:\n"
    table.write(to: &text, style: style)
}

private func writeGuests(_ guests: [(host: Name, guest: LiveGuest)], to text: inout String, _ style: TextStyle) {
    guard !guests.isEmpty else {
        text += "\nIt has no guests.\n"
        return
    }
    var table = TextTable([
        .init(title: "GUEST"), .init(title: "HOST"), .init(title: "POWER"), .init(title: "CPUS", isNumeric: true),
        .init(title: "MEMORY", isNumeric: true), .init(title: "NIC"), .init(title: "NETWORK"), .init(title: "ADDRESS"),
        .init(title: "MAC"),
    ])
    for (host, guest) in guests {
        let spec = guest.process?.spec ?? guest.definition.spec
        let head: [TextTable.Cell] = [
            .init(guest.definition.name.text), .init(host.text), powerCell(guest), .init("\(spec.cpus)"),
            .init(spec.memory.description),
        ]
        for (index, nic) in spec.nics.enumerated() {
            let left = index == 0 ? head : head.map { _ in "" }
            table.add(left + [.init(nic.name.text), .init(nic.network.text), "\(nic.ipv4)", "\(nic.mac)"])
        }
        if spec.nics.isEmpty { table.add(head + ["-", "-", "-", "-"]) }
    }
    text += "\nGuests:\n"
    table.write(to: &text, style: style)
}
