import CLinux

/// The messages of rtnetlink that concern interfaces.
enum LinkRequest {
    /// Statistics would be two thirds of every entry.
    static let list = RequestMessage(
        RTM_GETLINK, flags: NLM_F_DUMP, header: ifinfomsg(),
        attributes: [.integer(IFLA_EXT_MASK, UInt32(RTEXT_FILTER_SKIP_STATS))])

    static func find(_ selector: LinkSelector) -> RequestMessage {
        let (header, name) = address(selector)
        return RequestMessage(
            RTM_GETLINK, flags: NLM_F_ACK, header: header,
            attributes: name + [.integer(IFLA_EXT_MASK, UInt32(RTEXT_FILTER_SKIP_STATS))])
    }

    static func createBridge(name: String, group: UInt32, address: HardwareAddress, mtu: UInt32?) -> RequestMessage {
        var attributes: [Attribute] = [
            .string(IFLA_IFNAME, name),
            .bytes(IFLA_ADDRESS, address.bytes),
            .integer(IFLA_GROUP, group),
        ]
        if let mtu { attributes.append(.integer(IFLA_MTU, mtu)) }
        attributes.append(
            information(
                kind: "bridge",
                data: [.integer(IFLA_BR_STP_STATE, UInt32(0)), .integer(IFLA_BR_FORWARD_DELAY, UInt32(0))]))
        return creation(attributes)
    }

    static func createVethPair(
        name: String, peer: String, peerNamespace: NetworkNamespace?, group: UInt32
    ) -> RequestMessage {
        var peerAttributes: [Attribute] = [.string(IFLA_IFNAME, peer)]
        switch peerNamespace {
        case .process(let id): peerAttributes.append(.integer(IFLA_NET_NS_PID, UInt32(bitPattern: id)))
        case .descriptor(let descriptor):
            peerAttributes.append(.integer(IFLA_NET_NS_FD, UInt32(bitPattern: descriptor.rawValue)))
        case nil: break
        }
        let header = [UInt8](memoryOf: ifinfomsg())
        return creation([
            .string(IFLA_IFNAME, name),
            .integer(IFLA_GROUP, group),
            information(kind: "veth", data: [.headed(VETH_INFO_PEER, header: header, peerAttributes)]),
        ])
    }

    /// `RTM_SETLINK` rather than `RTM_NEWLINK`: up to Linux 5.11 the latter takes an unknown name together with a group
    /// for a change of the whole group.
    static func configure(
        _ selector: LinkSelector, master: MasterChange?, alias: String?, up: Bool?, group: UInt32?, mtu: UInt32?,
        address hardwareAddress: HardwareAddress?
    ) -> RequestMessage {
        var (header, attributes) = address(selector)
        if let up {
            header.ifi_flags = up ? LinkFlags.up.rawValue : 0
            header.ifi_change = LinkFlags.up.rawValue
        }
        switch master {
        case .attach(let bridge): attributes.append(.integer(IFLA_MASTER, bridge.rawValue))
        case .detach: attributes.append(.integer(IFLA_MASTER, Int32(0)))
        case nil: break
        }
        // Without the NUL: the kernel takes at most 255 bytes, and an empty value removes the alias.
        if let alias { attributes.append(.bytes(IFLA_IFALIAS, Array(alias.utf8))) }
        if let group { attributes.append(.integer(IFLA_GROUP, group)) }
        if let mtu { attributes.append(.integer(IFLA_MTU, mtu)) }
        if let hardwareAddress { attributes.append(.bytes(IFLA_ADDRESS, hardwareAddress.bytes)) }
        return RequestMessage(RTM_SETLINK, flags: NLM_F_ACK, header: header, attributes: attributes)
    }

    static func delete(_ selector: LinkSelector) -> RequestMessage {
        let (header, name) = address(selector)
        return RequestMessage(RTM_DELLINK, flags: NLM_F_ACK, header: header, attributes: name)
    }

    static func delete(group: UInt32) -> RequestMessage {
        RequestMessage(
            RTM_DELLINK, flags: NLM_F_ACK, header: ifinfomsg(), attributes: [.integer(IFLA_GROUP, group)])
    }

    private static func creation(_ attributes: [Attribute]) -> RequestMessage {
        RequestMessage(
            RTM_NEWLINK, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, header: ifinfomsg(), attributes: attributes)
    }

    private static func information(kind: String, data: [Attribute]) -> Attribute {
        .nest(IFLA_LINKINFO, [.string(IFLA_INFO_KIND, kind), .nest(IFLA_INFO_DATA, data)])
    }

    /// An index goes into the header, a name into an attribute.
    private static func address(_ selector: LinkSelector) -> (header: ifinfomsg, attributes: [Attribute]) {
        var header = ifinfomsg()
        switch selector {
        case .index(let index):
            header.ifi_index = index.rawValue
            return (header, [])
        case .name(let name):
            return (header, [.string(IFLA_IFNAME, name)])
        }
    }
}
