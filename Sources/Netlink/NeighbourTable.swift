import CLinux

/// The ARP cache of a network namespace.
public struct NeighbourTable {
    let socket: NetlinkSocket

    /// The IPv4 neighbours that the kernel knows on an interface; none where there is no such interface.
    ///
    /// As with `ip neighbour`, entries that need no ARP are left out: they are multicast groups, not machines.
    public func list(on interface: InterfaceIndex) throws(NetlinkError) -> [Neighbour] {
        var header = ndmsg()
        header.ndm_family = UInt8(AF_INET)
        let request = RequestMessage(
            RTM_GETNEIGH, flags: NLM_F_DUMP, header: header,
            attributes: [.integer(NDA_IFINDEX, interface.rawValue)])
        return try socket.list(request, .listNeighbours, interface.description, decode: Neighbour.init)
            .filter { $0.state != .withoutARP }
    }

    /// Makes the kernel forget a neighbour.
    ///
    /// - Throws: ``NetlinkError/Reason/notFound(_:)`` where it does not know it.
    public func delete(_ address: InternetAddress, on interface: InterfaceIndex) throws(NetlinkError) {
        var header = ndmsg()
        header.ndm_family = UInt8(AF_INET)
        header.ndm_ifindex = interface.rawValue
        let request = RequestMessage(
            RTM_DELNEIGH, flags: NLM_F_ACK, header: header, attributes: [.bytes(NDA_DST, address.networkBytes)])
        try socket.perform(request, .deleteNeighbour, "\(address) on \(interface)")
    }
}
