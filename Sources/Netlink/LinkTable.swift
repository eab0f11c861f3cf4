import CLinux

/// The interfaces of a network namespace.
public struct LinkTable {
    let socket: NetlinkSocket

    /// All interfaces whose name begins with `namePrefix` and, where `group` is given, that are in this group.
    public func list(namePrefix: String = "", group: UInt32? = nil) throws(NetlinkError) -> [Link] {
        try socket.list(LinkRequest.list, .listLinks, "the interfaces", decode: Link.init)
            .filter { $0.name.hasPrefix(namePrefix) && (group == nil || $0.group == group) }
    }

    /// The interface with this name or alternative name, or nil.
    public func find(named name: String) throws(NetlinkError) -> Link? {
        try find(.name(name))
    }

    /// The interface with this index, or nil.
    public func find(index: InterfaceIndex) throws(NetlinkError) -> Link? {
        try find(.index(index))
    }

    /// Creates a bridge that forwards at once (no spanning tree, no forward delay) and is not yet up.
    ///
    /// The kernel ignores an alias here: until ``configure(_:master:alias:up:group:mtu:address:)`` sets one, the group
    /// alone tells whose the bridge is.
    ///
    /// - Parameters:
    ///   - address: pinned; without one, a bridge takes the lowest of its ports' and changes it with them.
    ///   - mtu: in bytes; nil leaves it to follow the ports'.
    /// - Throws: ``NetlinkError/Reason/alreadyExists`` where any interface has this name.
    public func createBridge(
        named name: String, group: UInt32 = 0, address: HardwareAddress, mtu: UInt32? = nil
    ) throws(NetlinkError) {
        try InterfaceName.check(name, for: .createBridge)
        let request = LinkRequest.createBridge(name: name, group: group, address: address, mtu: mtu)
        try socket.perform(request, .createBridge, name)
    }

    /// Creates two interfaces that are the ends of one cable, neither of them up.
    ///
    /// - Parameters:
    ///   - peerNamespace: where the second end goes; nil for the socket's own.
    ///   - group: for the first end alone.
    /// - Throws: ``NetlinkError/Reason/alreadyExists`` where either name is taken.
    public func createVethPair(
        named name: String, peer: String, peerNamespace: NetworkNamespace? = nil, group: UInt32 = 0
    ) throws(NetlinkError) {
        try InterfaceName.check(name, for: .createVethPair)
        try InterfaceName.check(peer, for: .createVethPair)
        let request = LinkRequest.createVethPair(
            name: name, peer: peer, peerNamespace: peerNamespace, group: group)
        try socket.perform(request, .createVethPair, "\(name) and \(peer)")
    }

    /// Changes what is given, in one message, and leaves the rest. Where the kernel refuses a part, parts before it may
    /// have been applied.
    ///
    /// - Parameters:
    ///   - alias: at most 255 bytes; an empty one removes the alias.
    ///   - mtu: in bytes.
    public func configure(
        _ link: LinkSelector, master: MasterChange? = nil, alias: String? = nil, up: Bool? = nil,
        group: UInt32? = nil, mtu: UInt32? = nil, address: HardwareAddress? = nil
    ) throws(NetlinkError) {
        try check(link, for: .configureLink)
        let request = LinkRequest.configure(
            link, master: master, alias: alias, up: up, group: group, mtu: mtu, address: address)
        try socket.perform(request, .configureLink, link.description)
    }

    /// Deletes a virtual interface; a veth takes its peer along, a bridge lets go of its ports.
    public func delete(_ link: LinkSelector) throws(NetlinkError) {
        try check(link, for: .deleteLink)
        try socket.perform(LinkRequest.delete(link), .deleteLink, link.description)
    }

    /// Deletes every interface of a group, much faster than one by one. The kernel refuses group 0, in which is
    /// everything that nobody marked.
    ///
    /// - Throws: ``NetlinkError/Reason/notFound(_:)`` where the group is empty.
    public func deleteAll(inGroup group: UInt32) throws(NetlinkError) {
        try socket.perform(LinkRequest.delete(group: group), .deleteLinkGroup, "group \(group)")
    }

    private func find(_ selector: LinkSelector) throws(NetlinkError) -> Link? {
        try check(selector, for: .findLink)
        do throws(NetlinkError) {
            let answer = try socket.perform(LinkRequest.find(selector), .findLink, selector.description)
            guard let message = answer.first else {
                throw NetlinkError(.findLink, selector.description, .malformedReply("it is empty"))
            }
            return try NetlinkError.reading(.findLink, selector.description) { () throws(MalformedMessage) in
                try Link(message)
            }
        } catch {
            if case .notFound = error.reason { return nil }
            throw error
        }
    }

    private func check(_ selector: LinkSelector, for operation: NetlinkError.Operation) throws(NetlinkError) {
        switch selector {
        case .name(let name): try InterfaceName.check(name, for: operation)
        // The kernel takes index 0 for "none given" and would look at other attributes.
        case .index(let index) where index.rawValue < 1:
            throw NetlinkError(operation, selector.description, .notFound(.operationNotSupportedByDevice))
        case .index: break
        }
    }
}
