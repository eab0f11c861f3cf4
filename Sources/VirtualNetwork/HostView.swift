import FleetModel
import HostSystem
import Netlink

/// Everything about the networks of one instance that is seen on its host at one moment.
struct HostView {
    let layout: HostLayout
    let marks: OwnershipMarks
    let contents: NetworkStore.Contents
    let links: [Link]
    let addresses: [InterfaceAddress]
    let servers: [DHCPServer.Running]
    /// The instance's and others' tables of rules, see ``NFTables/tables()``.
    let tables: [String: String]
    let forwards: Bool
    /// Networks whose server has not been told yet of changed reservations.
    let pending: Set<ObjectID>

    init(store: NetworkStore, server: DHCPServer, marks: OwnershipMarks, tables: [String: String]) throws {
        layout = store.layout
        self.marks = marks
        self.tables = tables
        contents = try store.read()
        let socket = try NetlinkSocket()
        links = try socket.links.list()
        addresses = try socket.addresses.list()
        servers = server.running()
        forwards = Forwarding.isOn
        let reservations = Reservations(store: store, server: server)
        pending = Set(contents.definitions.filter(reservations.isPending).map(\.id))
    }

    var networks: [LiveNetwork] {
        contents.definitions.map { LiveNetwork(definition: $0, defects: defects($0)) }
    }

    private func defects(_ definition: NetworkDefinition) -> [LiveNetwork.Defect] {
        var defects = Bridge(definition: definition, marks: marks).defects(links: links, addresses: addresses)
        if !NetworkFilter(definition: definition, layout: layout, marks: marks).isIntact(tables) {
            defects.append(.rulesMissing)
        }
        let addressed = !defects.contains(.addressMissing) && !defects.contains(.bridgeMissing)
        if let defect = serverDefect(definition, addressed: addressed) { defects.append(defect) }
        if definition.spec.mode == .nat, !forwards { defects.append(.forwardingOff) }
        return defects
    }

    private func serverDefect(_ definition: NetworkDefinition, addressed: Bool) -> LiveNetwork.Defect? {
        let own = servers.filter { $0.network == definition.id }
        guard let server = own.first else { return .dhcpNotRunning }
        // Without its bridge there is nothing to compare with; the missing bridge is a defect of its own.
        guard let bridge = links.first(where: { $0.name == definition.bridge }) else { return nil }
        let wanted = ServerConfiguration(definition: definition, layout: layout, bridgeIndex: bridge.index)
        guard own.count == 1, server.configuration == wanted.path, !pending.contains(definition.id) else {
            return .dhcpOutdated
        }
        let deaf = addressed && !SocketTable.serves(server.process.pid, gateway: definition.spec.gateway)
        return deaf ? .dhcpNotRunning : nil
    }

    /// What bears this instance's mark and belongs to no definition.
    var leftovers: [Leftover] {
        interfaceLeftovers + tableLeftovers + rateLeftovers + serverLeftovers + folderLeftovers
    }

    private var interfaceLeftovers: [Leftover] {
        let bridges = Set(contents.definitions.map(\.bridge))
        return links.compactMap { link in
            guard link.name.hasPrefix(InterfaceName.prefix), marks.own(link) else { return nil }
            let owned = marks.read(link.alias)
            switch link.kind {
            case "bridge" where !bridges.contains(link.name): break
            case "tun" where isAbandoned(link, owned): break
            default: return nil
            }
            let proof = link.alias.map { "its alias is \($0)" } ?? "its group is the instance's, \(link.group)"
            return Leftover(kind: .interface, subject: link.name, proof: proof, fleet: owned?.fleet)
        }
    }

    /// True for a tap that no process holds, which only persistent ones survive. One that is switched off does not show
    /// whether it is held; then it is taken for the guest's as long as there is a guest.
    private func isAbandoned(_ tap: Link, _ owned: OwnershipMarks.Owned?) -> Bool {
        if tap.flags.contains(.lowerUp) { return false }
        guard !tap.isUp, let owned else { return true }
        return !Files.exists(layout.guest(owned.fleet, owned.name).definition)
    }

    private var tableLeftovers: [Leftover] {
        tables.sorted { $0.key < $1.key }.compactMap { name, listing in
            guard let network = marks.network(ofTable: name), !isDefined(network) else { return nil }
            let comment = NFTables.comment(ofTable: listing)
            let mark = comment.map { String($0.prefix { $0 != "#" }) }
            return Leftover(
                kind: .nftTable, subject: name,
                proof: "its name has the instance's id" + (comment.map { ", its comment is \($0)" } ?? ""),
                fleet: marks.read(mark)?.fleet)
        }
    }

    /// Limits of taps that are gone, as is their guest. The next start of a guest that is defined makes or removes them.
    private var rateLeftovers: [Leftover] {
        let rates = TapRates(layout: layout, marks: marks)
        let present = Set(links.map(\.name))
        return rates.records.compactMap { record in
            let owned = marks.read(record.alias)
            if present.contains(record.tap) { return nil }
            if let owned, Files.exists(layout.guest(owned.fleet, owned.name).definition) { return nil }
            return Leftover(
                kind: .nftTable, subject: rates.table(record.tap),
                proof: "its name has the instance's id, and it was made for \(record.alias)", fleet: owned?.fleet)
        }
    }

    private var serverLeftovers: [Leftover] {
        servers.filter { !isDefined($0.network) }.map { server in
            Leftover(
                kind: .dhcpServer, subject: "\(server.process.pid)",
                proof: "its command line is \(server.process.arguments.joined(separator: " "))")
        }
    }

    private var folderLeftovers: [Leftover] {
        let state = contents.broken.map {
            Leftover(
                kind: .stateFolder, subject: $0.path,
                proof: "it lies among this instance's networks, and holds no network.json", fleet: $0.fleet)
        }
        let runs = ((try? Files.list(layout.networkRunsFolder)) ?? []).compactMap { ObjectID(parsing: $0) }
        let abandoned = runs.filter { id in !isDefined(id) && !servers.contains { $0.network == id } }
        return state
            + abandoned.map {
                Leftover(kind: .runFolder, subject: layout.networkRun($0), proof: "it lies in the run folder")
            }
    }

    private func isDefined(_ network: ObjectID) -> Bool { contents.definitions.contains { $0.id == network } }
}
