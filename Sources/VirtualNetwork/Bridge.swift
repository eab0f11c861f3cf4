import FleetModel
import Netlink

/// The bridge of a network: the interface with the gateway's address, to which the guests' taps are attached.
struct Bridge {
    let definition: NetworkDefinition
    let marks: OwnershipMarks

    private var name: String { definition.bridge }
    private var mtu: UInt32 { UInt32(definition.spec.mtu) }
    private var gateway: InternetPrefix {
        InternetPrefix(
            InternetAddress(rawValue: definition.spec.gateway.bits), length: definition.spec.subnet.prefix)!
    }

    /// Pinned, since a bridge else takes the lowest of its ports' and changes it with them; 02 is the first octet of
    /// addresses that nobody assigns (IEEE 802, locally administered).
    var address: HardwareAddress {
        let digits = Digest(of: "bridge/\(definition.owner.instance)/\(definition.id)").text.prefix(10)
        return HardwareAddress(
            "02:"
                + stride(from: 0, to: 10, by: 2).map { offset in
                    let start = digits.index(digits.startIndex, offsetBy: offset)
                    return String(digits[start..<digits.index(start, offsetBy: 2)])
                }.joined(separator: ":"))!
    }

    /// What an observation of all interfaces and addresses says about this bridge.
    func defects(links: [Link], addresses: [InterfaceAddress]) -> [LiveNetwork.Defect] {
        guard let bridge = links.first(where: { $0.name == name && $0.kind == "bridge" && marks.own($0) }),
            bridge.alias == definition.mark
        else { return [.bridgeMissing] }
        var defects: [LiveNetwork.Defect] = []
        if !bridge.isUp { defects.append(.bridgeDown) }
        if addresses.filter({ $0.interface == bridge.index }).map(\.prefix) != [gateway] {
            defects.append(.addressMissing)
        }
        if bridge.mtu != mtu { defects.append(.mtuWrong) }
        if taps(links).contains(where: { $0.master != bridge.index }) { defects.append(.guestDetached) }
        if taps(links).contains(where: { !$0.isUp }) { defects.append(.guestDown) }
        return defects
    }

    /// Makes the bridge or repairs it: address, ports, state. It gets its alias last but for the address, so that a
    /// bridge which lost its ports in between is seen.
    func ensure(_ socket: NetlinkSocket) throws {
        let links = try socket.links.list(namePrefix: InterfaceName.prefix)
        var bridge = links.first { $0.name == name }
        if let bridge { try checkOwner(bridge) }
        if bridge == nil {
            // Only an MTU that is set later, and is another one by then, holds whatever its ports have
            // (net/bridge/br_device.c: br_change_mtu).
            try socket.links.createBridge(named: name, group: marks.group, address: address, mtu: mtu - 1)
            try socket.links.configure(.name(name), mtu: mtu)
            bridge = try socket.links.find(named: name)
        }
        guard let bridge else { throw NetworkError("make the bridge", name, "it was deleted meanwhile") }

        for tap in taps(links) where tap.master != bridge.index || !tap.isUp {
            try socket.links.configure(.index(tap.index), master: .attach(to: bridge.index), up: true)
        }
        if bridge.address != address || bridge.group != marks.group || bridge.mtu != mtu {
            try socket.links.configure(.index(bridge.index), group: marks.group, mtu: mtu, address: address)
        }
        if bridge.alias != definition.mark || !bridge.isUp {
            try socket.links.configure(.index(bridge.index), alias: definition.mark, up: true)
        }
        try ensureAddress(bridge.index, socket)
    }

    /// Exactly the gateway's address: others are of earlier generations. Those go first, since the kernel drops the
    /// secondary addresses of a subnet with its primary one.
    private func ensureAddress(_ bridge: InterfaceIndex, _ socket: NetlinkSocket) throws {
        for stale in try socket.addresses.list(on: bridge) where stale.prefix != gateway {
            do {
                try socket.addresses.delete(stale.prefix, from: bridge)
            } catch {
                guard case .notFound = error.reason else { throw error }
            }
        }
        if try socket.addresses.list(on: bridge).isEmpty { try socket.addresses.add(gateway, to: bridge) }
    }

    /// Deletes the bridge; that it is gone already is no error.
    func remove(_ socket: NetlinkSocket) throws {
        let links = try socket.links.list(namePrefix: InterfaceName.prefix)
        guard let bridge = links.first(where: { $0.name == name }) else { return }
        try checkOwner(bridge)
        try socket.links.delete(.index(bridge.index))
    }

    /// Refuses while guests are attached.
    func checkUnused(_ socket: NetlinkSocket) throws {
        let links = try socket.links.list()
        guard let bridge = links.first(where: { $0.name == name }) else { return }
        let ports = links.filter { $0.master == bridge.index }
        guard ports.isEmpty else {
            throw NetworkError(
                "remove the network", definition.name.text,
                "in use by " + ports.map { $0.alias ?? $0.name }.sorted().joined(separator: ", "),
                advice: "stop these guests first")
        }
    }

    /// An interface that has our name and is somebody else's is never touched.
    private func checkOwner(_ link: Link) throws {
        guard marks.own(link), link.kind == "bridge" else {
            throw NetworkError(
                "make the bridge", name, "an interface of another owner has this name (alias “\(link.alias ?? "")”)",
                advice: "`ip -d link show \(name)` shows it; delete it if nothing needs it")
        }
    }

    /// Guests' taps that belong to this network, attached or not.
    private func taps(_ links: [Link]) -> [Link] {
        links.filter { $0.kind == "tun" && marks.read($0.alias)?.network == definition.id }
    }
}
