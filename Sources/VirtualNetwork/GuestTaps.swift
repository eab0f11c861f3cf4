import FleetModel
import Netlink
import SystemPackage

/// The guests' ends of a network: a tap a NIC, held by the process that becomes QEMU, gone with it.
struct GuestTaps {
    let layout: HostLayout
    let marks: OwnershipMarks
    private var rates: TapRates { TapRates(layout: layout, marks: marks) }

    /// Makes the NIC's tap, a port of its network's bridge, with the NIC's limit.
    ///
    /// - Returns: the descriptor that holds it, close-on-exec; the caller's to close.
    func open(_ guest: GuestDefinition, _ nic: NICSpec) throws -> CInt {
        let socket = try NetlinkSocket()
        let bridge = try bridge(guest, nic, socket)
        let name = InterfaceName.tap(marks.instance, guest: guest.id, nic: nic.name)
        let descriptor = try Tap.open(name: name)
        do {
            let alias = marks.tapAlias(guest.owner, guest: guest.name, nic: nic)
            try socket.links.configure(
                .name(name), master: .attach(to: bridge.index), alias: alias, up: true, group: marks.group,
                mtu: bridge.mtu)
            if nic.bandwidth == nil {
                // A table of an earlier tap of this name would hold for this one too.
                try rates.forget(name)
            } else {
                try rates.set(nic.bandwidth, of: find(guest, nic.name, socket), alias: alias, socket)
            }
        } catch {
            try? descriptor.close()
            throw error
        }
        return descriptor.rawValue
    }

    /// Connects the tap of a running guest's NIC to the NIC's network.
    func move(_ guest: GuestDefinition, _ nic: NICSpec) throws {
        let socket = try NetlinkSocket()
        let bridge = try bridge(guest, nic, socket)
        let tap = try find(guest, nic.name, socket)
        let alias = marks.tapAlias(guest.owner, guest: guest.name, nic: nic)
        try socket.links.configure(.index(tap.index), master: .attach(to: bridge.index), alias: alias, up: true)
        try rates.mark(tap.name, alias: alias)
    }

    /// Gives the tap of a running guest's NIC the NIC's limit, or none.
    func limit(_ guest: GuestDefinition, _ nic: NICSpec) throws {
        let socket = try NetlinkSocket()
        let alias = marks.tapAlias(guest.owner, guest: guest.name, nic: nic)
        try rates.set(nic.bandwidth, of: find(guest, nic.name, socket), alias: alias, socket)
    }

    /// Removes what a tap that is gone has left.
    func forget(_ guest: GuestDefinition, _ nic: Name) throws {
        try rates.forget(InterfaceName.tap(marks.instance, guest: guest.id, nic: nic))
    }

    /// Removes what taps of the guest have left that are gone, and that it will not have again with a limit.
    ///
    /// - Parameter spec: nil: the guest is no more.
    func sweep(_ guest: GuestReference, _ spec: GuestSpec?) throws {
        let owner = Owner(instance: marks.instance, fleet: guest.fleet)
        let records = rates.records.filter { $0.alias.hasPrefix(owner.mark(.guest, guest.name) + "/") }
        guard !records.isEmpty else { return }
        let links = Set(try NetlinkSocket().links.list(namePrefix: InterfaceName.prefix).map(\.name))
        let wanted = Set(
            (spec?.nics ?? []).filter { $0.bandwidth != nil }.map {
                InterfaceName.tap(marks.instance, guest: guest.id, nic: $0.name)
            })
        for record in records where !links.contains(record.tap) && !wanted.contains(record.tap) {
            try rates.forget(record.tap)
        }
    }

    private func bridge(_ guest: GuestDefinition, _ nic: NICSpec, _ socket: NetlinkSocket) throws -> Link {
        let name = InterfaceName.bridge(marks.instance, network: nic.networkID)
        guard let bridge = try socket.links.find(named: name), marks.own(bridge), bridge.kind == "bridge" else {
            throw NetworkError(
                "connect the guest", "\(guest.name), \(nic.name)",
                "the bridge \(name) of network \(nic.network) is missing",
                advice: "apply the network: it is made again")
        }
        return bridge
    }

    private func find(_ guest: GuestDefinition, _ nic: Name, _ socket: NetlinkSocket) throws -> Link {
        let name = InterfaceName.tap(marks.instance, guest: guest.id, nic: nic)
        guard let tap = try socket.links.find(named: name), marks.own(tap), tap.kind == "tun" else {
            throw NetworkError(
                "change the interface of", "\(guest.name), \(nic)", "its tap \(name) is missing", advice: "plan again")
        }
        return tap
    }

    /// Marks the taps of a running guest with a name. They are found by their own names, which come from the guest's
    /// id: an earlier mark may be the old name's or, after an interrupted change, the new one's already.
    func rename(_ guest: GuestDefinition, to name: Name) throws {
        let socket = try NetlinkSocket()
        for nic in guest.spec.nics {
            let tap = InterfaceName.tap(marks.instance, guest: guest.id, nic: nic.name)
            let alias = marks.tapAlias(guest.owner, guest: name, nic: nic)
            try rates.mark(tap, alias: alias)
            guard let link = try socket.links.find(named: tap), marks.own(link) else { continue }
            try socket.links.configure(.index(link.index), alias: alias)
        }
    }
}
