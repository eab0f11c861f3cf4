import FleetModel
import FoundationEssentials
import Planner

/// The live fleet: its hosts, networks, guests with their addresses, and what is taken of each host.
///
/// - Parameter policies: What each host may give, as the manifests declare it; hosts without an entry have the defaults.
public func renderShow(
    fleet: Name, hosts: [Name: HostObservation], policies: [Name: HostPolicy] = [:], style: TextStyle
) -> String {
    var text = style.paint("Fleet \(fleet)", .bold) + "\n"
    for section in showSections(fleet, hosts, policies) {
        text += "\n\(section.title)\n"
        section.table.write(to: &text, style: style)
    }
    if fleetGuests(fleet, hosts).isEmpty { text += "\nIt has no guests.\n" }
    writeUnreachable(hosts, to: &text, style)
    return text
}

/// The same in Markdown, under 60,000 bytes.
public func renderShowMarkdown(
    fleet: Name, hosts: [Name: HostObservation], policies: [Name: HostPolicy] = [:]
) -> String {
    var text = "### Fleet \(fleet)\n"
    for section in showSections(fleet, hosts, policies) {
        text += "\n#### \(section.title.dropLast())\n\n"
        text += Markdown.table(section.table, limit: section.limit) { "\(counted($0, "more row")) not shown." }
    }
    if fleetGuests(fleet, hosts).isEmpty { text += "\nIt has no guests.\n" }
    var failures = ""
    writeUnreachable(hosts, to: &failures, .plain)
    guard !failures.isEmpty else { return text }
    return text + "\n" + Markdown.fenced(failures.shortened(to: 4_000), language: "text")
}

/// The tables that are not empty, each with the bytes that it may take in Markdown.
private func showSections(
    _ fleet: Name, _ hosts: [Name: HostObservation], _ policies: [Name: HostPolicy]
) -> [(title: String, table: TextTable, limit: Int)] {
    let live = hosts.sorted { $0.key < $1.key }.compactMap { name, observation -> (name: Name, live: LiveHost)? in
        guard case .observed(let live) = observation else { return nil }
        return (name, live)
    }
    let guests = fleetGuests(fleet, hosts)
    return [
        ("Hosts, with what is taken of what can be given:", hostTable(live, policies), 12_000),
        ("Networks:", networkTable(live, fleet), 10_000),
        ("Guests:", guestTable(guests), 24_000),
        ("Screens, shown by VNC on a unix socket of the host:", screenTable(guests), 6_000),
        ("Kept: disks of guests that were destroyed:", keptTable(live, fleet), 8_000),
        ("Drift: changed outside of Lodge since the last apply:", guestDriftTable(guests), 8_000),
    ].filter { !$0.1.isEmpty }
}

private func hostTable(_ hosts: [(name: Name, live: LiveHost)], _ policies: [Name: HostPolicy]) -> TextTable {
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
            .init(name.text), .init((live.facts.qemuVersion ?? "missing").visible), kvm,
            .init("\(taken.memory.rounded) of \(limit.memory.rounded)"), .init("\(taken.cpus) of \(limit.cpus)"),
            .init("\(taken.disk.rounded) of \(limit.disk.rounded)"),
        ])
    }
    return table
}

private func networkTable(_ hosts: [(name: Name, live: LiveHost)], _ fleet: Name) -> TextTable {
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
            let cells: [TextTable.Cell] = [
                .init(network.definition.name.text), .init(host.text), .init(spec.mode.rawValue),
                .init(spec.subnet.description), .init(spec.gateway.description),
                .init(state, network.defects.isEmpty ? .added : .removed),
            ]
            rows.append((network.definition.name, cells))
        }
    }
    // Sorting is stable, so that the hosts of one network stay in order.
    for row in rows.sorted(by: { $0.name < $1.name }) { table.add(row.cells) }
    return table
}

private func guestTable(_ guests: [(host: Name, guest: LiveGuest)]) -> TextTable {
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
    return table
}

private func screenTable(_ guests: [(host: Name, guest: LiveGuest)]) -> TextTable {
    var table = TextTable([.init(title: "GUEST"), .init(title: "HOST"), .init(title: "SOCKET")])
    for (host, guest) in guests {
        guard let path = guest.display else { continue }
        table.add([.init(guest.definition.name.text), .init(host.text), .init(path.visible)])
    }
    return table
}

/// A row for each disk.
private func keptTable(_ hosts: [(name: Name, live: LiveHost)], _ fleet: Name) -> TextTable {
    var table = TextTable([
        .init(title: "GUEST"), .init(title: "DISK"), .init(title: "HOST"), .init(title: "SIZE", isNumeric: true),
        .init(title: "SINCE"), .init(title: "FILE"),
    ])
    for (host, live) in hosts {
        for guest in live.retained where guest.owner.fleet == fleet {
            for disk in guest.disks {
                table.add([
                    .init(guest.name.text), .init(disk.name.text), .init(host.text), .init("\(disk.size)"),
                    .init(Date(timeIntervalSince1970: Double(guest.since)).formatted(.iso8601)),
                    .init(guest.path(of: disk).visible),
                ])
            }
        }
    }
    return table
}

private func guestDriftTable(_ guests: [(host: Name, guest: LiveGuest)]) -> TextTable {
    var table = TextTable([.init(title: "GUEST"), .init(title: "HOST"), .init(title: "WHAT IS DIFFERENT")])
    for (host, guest) in guests {
        let found = drift(of: guest)
        guard !found.isEmpty else { continue }
        table.add([
            .init(guest.definition.name.text), .init(host.text), .init(found.joined(separator: "; "), .changed),
        ])
    }
    return table
}
