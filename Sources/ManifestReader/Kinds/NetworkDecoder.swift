import FleetModel

/// Reads documents of kind `Network`.
struct NetworkDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// dnsmasq(8), `--dhcp-range`: the minimum lease time is two minutes.
    private static let lease = Timespan.seconds(120)...Timespan.seconds(365 * 86_400)

    /// From what every IPv4 host takes (RFC 791) to the size of jumbo frames that hardware agrees on.
    private static let mtu = ValueType.integer("the largest packet in bytes", in: 576...9000)

    /// Where no guest's address may lie: this network, loopback, multicast and reserved (RFC 6890).
    private static let unusable = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"].map { IPv4Subnet(parsing: $0)! }

    func read(_ header: DocumentHeader, into declarations: inout Declarations) {
        guard let specNode = header.spec else {
            values.report(
                .missingField, at: header.root, "a network needs the field \"spec\"",
                help: "add “spec: {mode: nat, ipv4: {subnet: 10.77.0.0/24}}”")
            return
        }
        guard let fields = MappingReader<NetworkField>(specNode, values) else { return }
        values.origins = OriginList()
        defer { values.origins = nil }
        values.addOrigins(of: header)
        values.addOrigins(of: fields, parts: [.ipv4, .dns, .filter])
        let mode = fields.required(.mode, as: ValueType<NetworkSpec.Mode>.choice(notYet: ["routed", "bridged"]))
        let spec = ipv4(fields, mode: mode ?? .nat, header.name, &declarations)
        let (domain, upstream) = dns(fields, mode: mode)
        let mtu = fields.optional(.mtu, as: Self.mtu)
        let filter = filter(fields)
        guard var spec, let name = header.name else { return }
        spec.domain = domain
        spec.upstream = upstream
        spec.mtu = mtu ?? NetworkSpec.defaultMTU
        spec.filter = filter
        declarations.networkNames.setObject(declarations.networks.count, of: name)
        declarations.networks.append(
            DesiredNetwork(
                name: name, formerly: header.formerly?.name, labels: header.labels, spec: spec,
                origin: values.tree.range(header.root), origins: values.origins?.entries ?? []))
    }

    private func ipv4(
        _ fields: MappingReader<NetworkField>, mode: NetworkSpec.Mode, _ name: Name?,
        _ declarations: inout Declarations
    ) -> NetworkSpec? {
        guard fields.requiredNode(.ipv4) != nil, let ipv4 = fields.mapping(.ipv4, NetworkIPv4Field.self) else {
            return nil
        }
        values.addOrigins(of: ipv4, under: "ipv4", leavingOut: .dhcp)
        let subnetNode = ipv4.requiredNode(.subnet)
        let subnet = subnetNode.flatMap { self.subnet($0) }
        let gateway = gateway(ipv4, in: subnet)
        if let name, let subnet, let subnetNode {
            declarations.subnets.append((subnet, name, subnetNode))
            if declarations.addressSpaces[name] == nil {
                declarations.addressSpaces[name] = .init(subnet: subnet, gateway: gateway)
            }
        }
        let dhcp = dhcp(ipv4, in: subnet, gateway: gateway)
        guard let subnet, let gateway, let dhcp, let range = dhcp.range ?? subnet.usable else { return nil }
        var spec = NetworkSpec(mode: mode, subnet: subnet, gateway: gateway, range: range)
        spec.lease = dhcp.lease ?? spec.lease
        return spec
    }

    /// The first usable address where none is named; nil where it is not known.
    private func gateway(_ ipv4: MappingReader<NetworkIPv4Field>, in subnet: IPv4Subnet?) -> IPv4Address? {
        guard let node = ipv4.node(.gateway) else { return subnet?.usable?.first }
        guard let address = ValueType<IPv4Address>.address.read(values, node) else { return nil }
        if let subnet, !values.isUsable(address, in: subnet, at: node) { return nil }
        return address
    }

    /// What is named of it; nil where that is reported.
    ///
    /// - Parameters:
    ///   - subnet: nil: not known, and nothing is compared with it.
    ///   - gateway: likewise.
    private func dhcp(
        _ ipv4: MappingReader<NetworkIPv4Field>, in subnet: IPv4Subnet?, gateway: IPv4Address?
    ) -> (range: IPv4Range?, lease: Timespan?)? {
        guard let dhcp = ipv4.mapping(.dhcp, NetworkDHCPField.self) else { return (nil, nil) }
        values.addOrigins(of: dhcp, under: "ipv4.dhcp")
        let rangeNode = dhcp.node(.range)
        let range = rangeNode.flatMap { self.range($0, in: subnet, gateway: gateway) }
        let lease = dhcp.optional(.lease, as: ValueType.timespan("a lease", in: Self.lease))
        return (range == nil) == (rangeNode == nil) ? (range, lease) : nil
    }

    private func subnet(_ node: NodeIndex) -> IPv4Subnet? {
        guard let text = values.text(node, needed: "a subnet such as 10.77.0.0/24") else { return nil }
        guard let subnet = IPv4Subnet(parsing: text) else {
            return values.invalid(node, "no subnet", help: Self.subnetHelp(text))
        }
        guard subnet.prefix <= 30 else {
            values.report(
                .outOfRange, at: node, "\(subnet) is too small: it has no room for a gateway and a guest",
                help: "write a prefix of at most 30")
            return nil
        }
        if let special = Self.unusable.first(where: { $0.overlaps(subnet) }) {
            return values.invalid(
                node, "no subnet for guests: \(special) has a meaning of its own",
                help: "take a private one, such as 10.77.0.0/24")
        }
        return subnet
    }

    /// Most often, bits behind the prefix are set: then what was meant is known.
    private static func subnetHelp(_ text: String) -> String {
        let parts = text.split(separator: "/")
        if parts.count == 2, let address = IPv4Address(parsing: String(parts[0])), let prefix = Int(parts[1]),
            (0...32).contains(prefix)
        {
            return "did you mean \(IPv4Subnet(containing: address, prefix: prefix))?"
        }
        return "write it like 10.77.0.0/24"
    }

    private func range(_ node: NodeIndex, in subnet: IPv4Subnet?, gateway: IPv4Address?) -> IPv4Range? {
        let type = ValueType<IPv4Range>.parsed("a range of addresses", example: "10.77.0.100-10.77.0.199")
        guard let range = type.read(values, node) else { return nil }
        guard let subnet, let usable = subnet.usable else { return range }
        guard usable.contains(range.first), usable.contains(range.last) else {
            values.report(
                .addressOutsideSubnet, at: node, "\(range) is not within the usable addresses of \(subnet)",
                help: "write a range within \(usable)")
            return nil
        }
        guard range.first != gateway || range.last != gateway else {
            values.report(
                .reservedAddress, at: node, "\(range) has only the gateway's address, which no guest can have",
                help: "write a range within \(usable)")
            return nil
        }
        return range
    }

    private func filter(_ fields: MappingReader<NetworkField>) -> NetworkFilter {
        var filter = NetworkFilter()
        guard let rules = fields.mapping(.filter, NetworkFilterField.self) else { return filter }
        values.addOrigins(of: rules, under: "filter")
        filter.spoofing = rules.value(.spoofing, as: .choice(), default: filter.spoofing) ?? filter.spoofing
        filter.betweenGuests =
            rules.value(.betweenGuests, as: .choice(), default: filter.betweenGuests) ?? filter.betweenGuests
        return filter
    }

    private func dns(_ fields: MappingReader<NetworkField>, mode: NetworkSpec.Mode?) -> (String?, [IPv4Address]) {
        guard let dns = fields.mapping(.dns, NetworkDNSField.self) else { return (nil, []) }
        values.addOrigins(of: dns, under: "dns")
        let domainType = ValueType.string(
            "domain name",
            help: "write labels of letters, digits and inner hyphens with dots between, such as demo.internal",
            where: isDomainName)
        let domain = dns.optional(.domain, as: domainType)
        var upstream: [IPv4Address] = []
        if let node = dns.node(.upstream), mode == .isolated {
            values.report(
                .conflictingFields, at: node, "an isolated network resolves no names but its guests'",
                help: "leave \"upstream\" out, or write “mode: nat”")
        }
        for node in dns.elements(.upstream) ?? YAMLElements.none(values.tree) {
            if let address = ValueType<IPv4Address>.address.read(values, node) { upstream.append(address) }
        }
        return (domain, upstream)
    }
}
