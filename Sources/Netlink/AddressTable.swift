import CLinux

/// The IPv4 addresses of a network namespace.
public struct AddressTable {
    let socket: NetlinkSocket

    /// The addresses of one interface, or of all.
    ///
    /// - Throws: ``NetlinkError/Reason/notFound(_:)`` where there is no such interface.
    public func list(on interface: InterfaceIndex? = nil) throws(NetlinkError) -> [InterfaceAddress] {
        var header = ifaddrmsg()
        header.ifa_family = UInt8(AF_INET)
        header.ifa_index = UInt32(bitPattern: interface?.rawValue ?? 0)
        return try socket.list(
            RequestMessage(RTM_GETADDR, flags: NLM_F_DUMP, header: header), .listAddresses,
            interface?.description ?? "all interfaces", decode: InterfaceAddress.init)
    }

    /// Gives an interface an address, and the namespace the route to its network while the interface is up.
    ///
    /// - Throws: ``NetlinkError/Reason/alreadyExists`` where the interface has the address with this prefix length.
    public func add(_ prefix: InternetPrefix, to interface: InterfaceIndex) throws(NetlinkError) {
        try socket.perform(
            request(RTM_NEWADDR, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, prefix, interface),
            .addAddress, "\(prefix) on \(interface)")
    }

    /// Takes an address from an interface.
    ///
    /// - Throws: ``NetlinkError/Reason/notFound(_:)`` where it does not have it.
    public func delete(_ prefix: InternetPrefix, from interface: InterfaceIndex) throws(NetlinkError) {
        try socket.perform(
            request(RTM_DELADDR, flags: NLM_F_ACK, prefix, interface), .deleteAddress, "\(prefix) on \(interface)")
    }

    private func request(
        _ type: some BinaryInteger, flags: Int32, _ prefix: InternetPrefix, _ interface: InterfaceIndex
    ) -> RequestMessage {
        var header = ifaddrmsg()
        header.ifa_family = UInt8(AF_INET)
        header.ifa_prefixlen = UInt8(prefix.length)
        header.ifa_index = UInt32(bitPattern: interface.rawValue)
        let address = prefix.address.networkBytes
        return RequestMessage(
            type, flags: flags, header: header,
            attributes: [.bytes(IFA_LOCAL, address), .bytes(IFA_ADDRESS, address)])
    }
}
