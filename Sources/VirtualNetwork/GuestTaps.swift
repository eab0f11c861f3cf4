import FleetModel
import Netlink
import SystemPackage

/// The guests' ends of a network: a tap a NIC, held by the process that becomes QEMU, gone with it.
struct GuestTaps {
    let marks: OwnershipMarks

    /// Makes the NIC's tap, a port of its network's bridge.
    ///
    /// - Returns: the descriptor that holds it, close-on-exec; the caller's to close.
    func open(_ guest: GuestDefinition, _ nic: NICSpec) throws -> CInt {
        let socket = try NetlinkSocket()
        let bridgeName = InterfaceName.bridge(marks.instance, network: nic.networkID)
        guard let bridge = try socket.links.find(named: bridgeName), marks.own(bridge), bridge.kind == "bridge" else {
            throw NetworkError(
                "connect the guest", "\(guest.name), \(nic.name)",
                "the bridge \(bridgeName) of network \(nic.network) is missing",
                advice: "apply the network: it is made again")
        }
        let name = InterfaceName.tap(marks.instance, guest: guest.id, nic: nic.name)
        let descriptor = try Tap.open(name: name)
        do {
            try socket.links.configure(
                .name(name), master: .attach(to: bridge.index),
                alias: marks.tapAlias(guest.owner, guest: guest.name, nic: nic), up: true, group: marks.group,
                mtu: bridge.mtu)
        } catch {
            try? descriptor.close()
            throw error
        }
        return descriptor.rawValue
    }

    /// Marks the taps of a running guest with a name. They are found by their own names, which come from the guest's
    /// id: an earlier mark may be the old name's or, after an interrupted change, the new one's already.
    func rename(_ guest: GuestDefinition, to name: Name) throws {
        let socket = try NetlinkSocket()
        for nic in guest.spec.nics {
            let tap = InterfaceName.tap(marks.instance, guest: guest.id, nic: nic.name)
            guard let link = try socket.links.find(named: tap), marks.own(link) else { continue }
            try socket.links.configure(.index(link.index), alias: marks.tapAlias(guest.owner, guest: name, nic: nic))
        }
    }
}
