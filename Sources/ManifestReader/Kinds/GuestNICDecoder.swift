import FleetModel

/// Reads a guest's `nics`.
struct GuestNICDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    private static let mac = ValueType<MACAddress>.parsed("a MAC address", example: "\"52:54:00:12:34:56\"")

    private static let bandwidth = ValueType.rate(
        "a NIC", example: "100Mbit", in: DataRate(bytesPerSecond: 1_000)...DataRate(bytesPerSecond: 1_000_000_000_000))

    /// Nil where a NIC is reported, after all have been read.
    ///
    /// - Parameter isWhole: false for defaults, whose addresses are not taken yet.
    func read(
        _ guest: MappingReader<GuestField>, isWhole: Bool, _ declarations: inout Declarations
    ) -> [DesiredNIC]? {
        guard let list = guest.node(.nics) else { return [] }
        guard let elements = values.elements(list) else { return nil }
        var nics: [DesiredNIC] = []
        var names: Set<Name> = []
        var areRead = true
        for node in elements {
            guard let nic = nic(node, isWhole: isWhole, &names, &declarations) else {
                areRead = false
                continue
            }
            nics.append(nic)
        }
        return areRead ? nics : nil
    }

    /// - Parameter names: those of the NICs before it, broken ones among them.
    private func nic(
        _ node: NodeIndex, isWhole: Bool, _ names: inout Set<Name>, _ declarations: inout Declarations
    ) -> DesiredNIC? {
        guard let fields = MappingReader<GuestNICField>(node, values) else { return nil }
        let name = fields.required(.name, as: .name)
        if let name, !names.insert(name).inserted { values.reportDuplicateName(name, of: "NIC", at: node) }
        let network = fields.required(.network, as: .name)
        if let network { checkNetwork(network, fields, &declarations) }
        let mac = fields.optional(.mac, as: Self.mac)
        if let mac, isWhole { take(mac, at: fields.node(.mac) ?? node, &declarations) }
        let address = fields.optional(.ipv4, as: .address)
        if let address, let network, isWhole {
            take(address, on: network, at: fields.node(.ipv4) ?? node, &declarations)
        }
        let bandwidth = fields.optional(.bandwidth, as: Self.bandwidth)
        if let name {
            values.addOrigin("nics.\(name)", at: node)
            values.addOrigins(of: fields, under: "nics.\(name)", leavingOut: .name)
        }
        guard let name, let network, (mac == nil) == (fields.node(.mac) == nil),
            (address == nil) == (fields.node(.ipv4) == nil),
            (bandwidth == nil) == (fields.node(.bandwidth) == nil)
        else { return nil }
        return DesiredNIC(name: name, network: network, mac: mac, ipv4: address, bandwidth: bandwidth)
    }

    private func checkNetwork(
        _ name: Name, _ fields: MappingReader<GuestNICField>, _ declarations: inout Declarations
    ) {
        declarations.usedNetworks.insert(name)
        guard declarations.networkNames[name] == nil, declarations.isComplete, let node = fields.node(.network) else {
            return
        }
        let names = declarations.networkNames
        values.report(
            .danglingReference, at: node, "there is no network \"\(name)\"",
            help: names.suggestion(for: name).map { "did you mean \"\($0)\"?" } ?? "declare a Network of this name")
    }

    private func take(_ mac: MACAddress, at node: NodeIndex, _ declarations: inout Declarations) {
        guard !mac.isMulticast, mac.bits != 0 else {
            values.report(
                .multicastMAC, at: node,
                "\(mac) is \(mac.bits == 0 ? "no address" : "a group address"), which no NIC can have",
                help: "take one that starts with 52:54:00, or leave it out")
            return
        }
        if let first = declarations.macs[mac] {
            guard !reportSameForAll("\(mac)", first, node) else { return }
            values.report(
                .duplicateMAC, at: node, "\(mac) is taken already, at \(values.tree.range(first))",
                help: "take another one, or leave it out")
        } else {
            declarations.macs[mac] = node
        }
    }

    /// Reports an address that every guest of the set being read would have.
    private func reportSameForAll(_ address: String, _ first: NodeIndex, _ node: NodeIndex) -> Bool {
        guard values.guestIndex != nil, first == node else { return false }
        values.report(
            .duplicateAddress, at: node, "every guest of the set would have \(address)",
            help: "write {index} into it where the guest's number is to stand, in quotes, or leave it out")
        return true
    }

    private func take(
        _ address: IPv4Address, on name: Name, at node: NodeIndex, _ declarations: inout Declarations
    ) {
        guard declarations.networkNames[name] != nil else { return }
        let space = declarations.addressSpaces[name]
        if let space, !values.isUsable(address, in: space.subnet, at: node) { return }
        guard address != space?.gateway else {
            values.report(
                .reservedAddress, at: node, "\(address) is the gateway's address in the network \"\(name)\"",
                help: "take another one, or leave it out")
            return
        }
        let place = Declarations.NetworkAddress(network: name, address: address)
        if let first = declarations.addresses[place] {
            guard !reportSameForAll("\(address)", first, node) else { return }
            values.report(
                .duplicateAddress, at: node,
                "\(address) is taken already in the network \"\(name)\", at \(values.tree.range(first))",
                help: "take another one, or leave it out")
        } else {
            declarations.addresses[place] = node
        }
    }
}
