import FleetModel
import Planner

/// One line a guest of the fleet, by name.
///
/// - Parameters:
///   - plan: Where there are manifests, what they would change: then a guest's drift says that too, and guests that are
///     still to be made have a line.
///   - cloudInit: What cloud-init says in guests, by host; where none says anything, there is no column for it.
public func renderStatus(
    fleet: Name, hosts: [Name: HostObservation], plan: Plan? = nil,
    cloudInit: [Name: [ObjectID: CloudInitReport]] = [:], style: TextStyle
) -> String {
    let asksGuests = fleetGuests(fleet, hosts).contains { cloudInit[$0.host]?[$0.guest.definition.id] != nil }
    var changes: [ResourceAddress: Change] = [:]
    for change in plan?.changes ?? [] where change.address.kind == .guest {
        changes[ResourceAddress(.guest, change.renamedFrom ?? change.address.name)] = change
    }
    var rows: [(name: Name, host: Name, cells: [TextTable.Cell])] = []
    for (host, guest) in fleetGuests(fleet, hosts) {
        let name = guest.definition.name
        let drift = drift(of: guest, changes[ResourceAddress(.guest, name)])
        let spec = guest.process?.spec ?? guest.definition.spec
        rows.append(
            (
                name, host,
                [
                    .init(name.text), .init(host.text), powerCell(guest),
                    .init(addresses(of: spec)), .init("\(spec.cpus)"), .init(spec.memory.description),
                ] + (asksGuests ? [reportCell(cloudInit[host]?[guest.definition.id])] : [])
                    + [.init(drift, drift == "-" ? .faint : .changed)]
            ))
    }
    for change in plan?.changes ?? [] where change.action == .create {
        guard case .guest(let spec) = change.after else { continue }
        let cells: [TextTable.Cell] =
            [
                .init(change.address.name.text), .init(change.host.text), .init("absent", .faint),
                .init(addresses(of: spec)), .init("\(spec.cpus)"), .init(spec.memory.description),
            ] + (asksGuests ? [reportCell(nil)] : []) + [.init("to be created", .changed)]
        rows.append((change.address.name, change.host, cells))
    }
    var text = ""
    if rows.isEmpty {
        text += "Fleet \(fleet) has no guests.\n"
    } else {
        var table = TextTable(
            [
                .init(title: "GUEST"), .init(title: "HOST"), .init(title: "POWER"), .init(title: "ADDRESS"),
                .init(title: "CPUS", isNumeric: true), .init(title: "MEMORY", isNumeric: true),
            ] + (asksGuests ? [.init(title: "CLOUD-INIT")] : []) + [.init(title: "DRIFT")])
        for row in rows.sorted(by: { ($0.name, $0.host) < ($1.name, $1.host) }) { table.add(row.cells) }
        table.write(to: &text, indent: 0, style: style)
    }
    writeUnreachable(hosts, to: &text, style)
    return text
}

private func drift(of guest: LiveGuest, _ change: Change?) -> String {
    var parts = drift(of: guest)
    if let change, change.action == .destroy { parts.append("to be destroyed") }
    if let fields = change?.fields.map(\.path), !fields.isEmpty { parts.append(fields.joined(separator: ", ")) }
    return parts.isEmpty ? "-" : parts.joined(separator: "; ")
}

/// How a guest is not what was last applied to it, in short sentences.
func drift(of guest: LiveGuest) -> [String] {
    var parts = driftCauses(of: guest)
    if !pendingRestart(of: guest).isEmpty { parts.append("restart pending") }
    return parts.map(\.visible)
}

/// What cloud-init says in a guest; the guest's words are shortened.
private func reportCell(_ report: CloudInitReport?) -> TextTable.Cell {
    switch report?.status {
    case nil: TextTable.Cell("-", .faint)
    case .running: TextTable.Cell("running", .changed)
    case .done: TextTable.Cell("done", .added)
    case .error: TextTable.Cell("error" + (report?.error.map { ": " + shortened($0.visible) } ?? ""), .removed)
    }
}

private func shortened(_ text: String) -> String { text.count > 60 ? text.prefix(59) + "…" : text }

func powerCell(_ guest: LiveGuest) -> TextTable.Cell {
    switch guest.state {
    case .running: TextTable.Cell("running", .added)
    case .stopped: TextTable.Cell("stopped", guest.definition.spec.power == .running ? .removed : .faint)
    case .halted(let state): TextTable.Cell(state.visible, .removed)
    case .unresponsive: TextTable.Cell("no answer", .removed)
    }
}

func addresses(of spec: GuestSpec) -> String {
    spec.nics.isEmpty ? "-" : spec.nics.map(\.ipv4.description).joined(separator: ", ")
}

/// The fleet's guests with their hosts, by name.
func fleetGuests(_ fleet: Name, _ hosts: [Name: HostObservation]) -> [(host: Name, guest: LiveGuest)] {
    var found: [(host: Name, guest: LiveGuest)] = []
    for (host, observation) in hosts {
        guard case .observed(let live) = observation else { continue }
        let owner = Owner(instance: live.facts.instance, fleet: fleet)
        for guest in live.guests where guest.definition.owner == owner { found.append((host, guest)) }
    }
    return found.sorted { ($0.guest.definition.name, $0.host) < ($1.guest.definition.name, $1.host) }
}

func writeUnreachable(_ hosts: [Name: HostObservation], to text: inout String, _ style: TextStyle) {
    let diagnostics = inOrder(hosts.unreachable)
    if !diagnostics.isEmpty { text += "\n" + renderDiagnostics(diagnostics, style: style) }
}
