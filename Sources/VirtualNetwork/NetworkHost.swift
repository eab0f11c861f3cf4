import FleetModel
import HostSystem
import Netlink

/// The networks of one instance on the host that this process runs on.
///
/// A network is a bridge with the gateway's address, a table of nftables rules, and a dnsmasq for DHCP and DNS. Each of
/// them bears the instance's mark (``OwnershipMarks``) and none is touched that does not. All operations may be
/// repeated, and repair what an interrupted one left. They need root, and one caller at a time for each instance: the
/// holder of the host's lock. ``openTap(guest:nic:)`` alone is exempt.
///
/// The host's `net.bridge.bridge-nf-call-*` settings stay as they are: container engines rely on them for their own
/// isolation, and the rules of a network let its bridged packets through. Where somebody else's rules drop them,
/// ``warnings()`` says so.
public struct NetworkHost: Sendable {
    let layout: HostLayout
    let marks: OwnershipMarks
    let store: NetworkStore
    let server: DHCPServer

    public init(layout: HostLayout, instance: InstanceID) {
        self.layout = layout
        marks = OwnershipMarks(instance: instance)
        store = NetworkStore(layout: layout, instance: instance)
        server = DHCPServer(layout: layout, instance: instance)
    }

    /// The networks of all fleets of the instance with what is wrong with them, what belongs to none, and guests'
    /// interfaces.
    public func observe() async throws(NetworkError) -> (
        networks: [LiveNetwork], leftovers: [Leftover], taps: SeenTaps
    ) {
        do {
            let view = try HostView(store: store, server: server, marks: marks, tables: await NFTables.tables())
            let taps = try await seenTaps(view.links, NetlinkSocket())
            return (view.networks, view.leftovers, taps)
        } catch {
            throw NetworkError(error)
        }
    }

    /// The networks with the defects of their guests' reservations, names and leases, too.
    ///
    /// - Parameter guests: all of the instance.
    public func comparing(_ networks: [LiveNetwork], with guests: [NetworkGuest]) -> [LiveNetwork] {
        let reservations = Reservations(store: store, server: server)
        var users: [ObjectID: [NetworkGuest]] = [:]
        for guest in guests { for id in Set(guest.nics.map(\.networkID)) { users[id, default: []].append(guest) } }
        return networks.map { network in
            var network = network
            let wanted = ReservationTable(of: network.definition.id, users[network.definition.id] ?? [])
            network.defects += reservations.defects(network.definition, wanted)
            return network
        }
    }

    /// Guests' interfaces alone.
    public func seenTaps() async throws(NetworkError) -> SeenTaps {
        do {
            let socket = try NetlinkSocket()
            return try await seenTaps(socket.links.list(namePrefix: InterfaceName.prefix), socket)
        } catch {
            throw NetworkError(error)
        }
    }

    private func seenTaps(_ links: [Link], _ socket: NetlinkSocket) async throws -> SeenTaps {
        let networks = links.filter { $0.kind == "tun" }.compactMap { link in
            marks.read(link.alias)?.network.map { (link.name, $0) }
        }
        return SeenTaps(
            limits: try await TapRates(layout: layout, marks: marks).limits(links, socket),
            networks: Dictionary(networks) { first, _ in first })
    }

    /// Whether the network has its bridge, to which guests are connected as they start.
    public func hasBridge(_ network: ObjectID) throws(NetworkError) -> Bool {
        do {
            let name = InterfaceName.bridge(marks.instance, network: network)
            return try NetlinkSocket().links.find(named: name)?.kind == "bridge"
        } catch {
            throw NetworkError(error)
        }
    }

    /// IPv4 routes of the main table, without the default route and those of this instance's interfaces.
    public func routes() throws(NetworkError) -> [HostFacts.Route] {
        do {
            let socket = try NetlinkSocket()
            let links = try socket.links.list()
            return try socket.routes.list().compactMap { route in
                let link = links.first { $0.index == route.outputInterface }
                if let link, marks.own(link) { return nil }
                let base = IPv4Address(bits: route.destination.address.rawValue)
                guard route.destination.length > 0,
                    let subnet = IPv4Subnet(base: base, prefix: route.destination.length)
                else { return nil }
                // A route without one interface drops its packets or goes several ways: taken all the same.
                return HostFacts.Route(subnet: subnet, interface: link?.name ?? "none")
            }
        } catch {
            throw NetworkError(error)
        }
    }

    /// Makes the network as the definition has it, whatever is there of it. The definition is written first.
    ///
    /// - Parameter guests: all of the instance; nil: not known, and reservations stay as they are.
    public func ensure(
        _ definition: NetworkDefinition, guests: [NetworkGuest]? = nil
    ) async throws(NetworkError) {
        do {
            try check(definition)
            try store.write(definition)
            if let guests {
                // The rules follow what is reserved.
                try Reservations(store: store, server: server).restore(
                    definition, ReservationTable(of: definition.id, guests))
            }
            // Rules before the bridge: no packet passes unfiltered.
            try await filter(definition).ensure()
            try Bridge(definition: definition, marks: marks).ensure(NetlinkSocket())
            try await ensureForwarding(definition)
            guard let bridge = try NetlinkSocket().links.find(named: definition.bridge) else {
                throw NetworkError("make the bridge", definition.bridge, "it was deleted meanwhile")
            }
            try await server.ensure(
                ServerConfiguration(definition: definition, layout: layout, bridgeIndex: bridge.index))
            try await Reservations(store: store, server: server).recover(definition)
        } catch {
            throw NetworkError(error)
        }
    }

    /// Gives the network another name within its fleet; guests stay connected.
    ///
    /// - Parameter definition: with its present name.
    public func rename(_ definition: NetworkDefinition, to name: Name) async throws(NetworkError) {
        var renamed = definition
        renamed.name = name
        do { try store.move(definition, to: name) } catch { throw NetworkError(error) }
        try await ensure(renamed)
    }

    /// Removes everything that the network is made of; that some or all is gone already is no error.
    ///
    /// Fails, before anything is removed, while an interface is attached to its bridge.
    public func remove(_ definition: NetworkDefinition) async throws(NetworkError) {
        do {
            let bridge = Bridge(definition: definition, marks: marks)
            try bridge.checkUnused(NetlinkSocket())
            for process in server.running(definition.id) { try await server.stop(process) }
            try await filter(definition).remove()
            try bridge.remove(NetlinkSocket())
            try await restoreForwarding(without: definition)
            try store.remove(definition)
        } catch {
            throw NetworkError(error)
        }
    }

    /// Reserves the addresses of the guest's NICs, and makes its names resolve in each of their networks: its own name and
    /// `hostname`, with and without the network's domain. Reservations of the same guest that it does not have any more
    /// are removed. What the guest may send follows with ``followReservations(of:)``.
    public func reserve(_ guest: GuestDefinition, hostname: String) async throws(NetworkError) {
        do {
            try await Reservations(store: store, server: server).reserve(guest, hostname: hostname)
            try taps.sweep(guest.reference, guest.spec)
        } catch {
            throw NetworkError(error)
        }
    }

    /// Removes the guest's reservations, names and leases from all networks. The rules follow with
    /// ``followReservations(of:)``.
    public func release(_ guest: GuestReference) async throws(NetworkError) {
        do {
            try await Reservations(store: store, server: server).release(guest.id)
            try taps.sweep(guest, nil)
        } catch {
            throw NetworkError(error)
        }
    }

    /// Lets through what the fleet's guests may send by now; where an earlier run was cut off before it did, too. Called
    /// after several reservations, it is done for all of them at once.
    public func followReservations(of fleet: Name) async throws(NetworkError) {
        do {
            for network in try store.read().definitions where network.owner.fleet == fleet {
                let filter = filter(network)
                if !filter.isOnRecord { try await filter.make() }
            }
        } catch {
            throw NetworkError(error)
        }
    }

    private var taps: GuestTaps { GuestTaps(layout: layout, marks: marks) }

    /// Makes a NIC's tap, limits it and connects it to its network.
    ///
    /// - Returns: the descriptor that holds the tap, close-on-exec; the interface is gone when its last copy closes.
    public func openTap(guest: GuestDefinition, nic: NICSpec) throws(NetworkError) -> CInt {
        do { return try taps.open(guest, nic) } catch { throw NetworkError(error) }
    }

    /// Connects the tap of a running guest's NIC to the NIC's network, whichever it is connected to.
    public func moveTap(guest: GuestDefinition, nic: NICSpec) throws(NetworkError) {
        do { try taps.move(guest, nic) } catch { throw NetworkError(error) }
    }

    /// Gives the tap of a running guest's NIC the NIC's limit, or none.
    public func limitTap(guest: GuestDefinition, nic: NICSpec) throws(NetworkError) {
        do { try taps.limit(guest, nic) } catch { throw NetworkError(error) }
    }

    /// Removes what the tap of a NIC that was unplugged has left on the host.
    public func forgetTap(guest: GuestDefinition, nic: Name) throws(NetworkError) {
        do { try taps.forget(guest, nic) } catch { throw NetworkError(error) }
    }

    /// Marks a running guest's taps with its new name.
    ///
    /// - Parameter guest: with its present name.
    public func renameTaps(of guest: GuestDefinition, to name: Name) throws(NetworkError) {
        do { try taps.rename(guest, to: name) } catch { throw NetworkError(error) }
    }

    /// Whether the NIC's address answers on its network now, with the NIC's MAC address; takes a second where it does
    /// not.
    public func answers(_ nic: NICSpec) async throws(NetworkError) -> Bool {
        do { return try await AddressProbe(instance: marks.instance, nic: nic).run() } catch {
            throw NetworkError(error)
        }
    }

    /// Removes what ``observe()`` called a leftover, if it still is one.
    public func removeLeftover(_ leftover: Leftover) async throws(NetworkError) {
        guard try await observe().leftovers.contains(leftover) else { return }
        do {
            try await LeftoverRemoval(layout: layout, marks: marks, store: store, server: server).remove(leftover)
        } catch {
            throw NetworkError(error)
        }
    }

    /// What others' rules on this host do to guests: a sentence each.
    public func warnings() async throws(NetworkError) -> [String] {
        do {
            let bridged = Files.text("/proc/sys/net/bridge/bridge-nf-call-iptables")?.hasPrefix("1") ?? false
            return try await NFTables.baseChains().filter {
                $0.hook == "forward" && $0.policy == "drop" && ["ip", "inet"].contains($0.family)
            }.map {
                "the table \($0.family) \($0.table) drops what it does not allow to pass: guests may not reach other "
                    + "machines" + (bridged ? ", nor one another, since net.bridge.bridge-nf-call-iptables is 1" : "")
            }
        } catch {
            throw NetworkError(error)
        }
    }

    private func filter(_ definition: NetworkDefinition) -> NetworkFilter {
        NetworkFilter(definition: definition, layout: layout, marks: marks)
    }

    private func ensureForwarding(_ definition: NetworkDefinition) async throws {
        switch definition.spec.mode {
        case .nat: try Forwarding(layout: layout, marks: marks).ensure()
        case .isolated: try await restoreForwarding(without: definition)
        }
    }

    private func restoreForwarding(without definition: NetworkDefinition) async throws {
        let others = try store.read().definitions.filter { $0.id != definition.id }
        if others.contains(where: { $0.spec.mode == .nat }) { return }
        try await Forwarding(layout: layout, marks: marks).restore()
    }

    private func check(_ definition: NetworkDefinition) throws {
        guard definition.owner.instance == marks.instance else {
            throw NetworkError("make the network", definition.name.text, "it belongs to another instance")
        }
        if let domain = definition.spec.domain, !HostName.isValid(domain) {
            throw NetworkError(
                "make the network", definition.name.text, "“\(domain)” is no domain name",
                advice: "use letters, digits, hyphens and dots")
        }
    }
}
