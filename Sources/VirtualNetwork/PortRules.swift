import FleetModel
import HostSystem

/// A guest's NIC as the rules of its network know it.
struct GuestPort: Hashable {
    var guest: ObjectID
    /// The tap that is the host's end of it.
    var tap: String
    var mac: MACAddress
    var ipv4: IPv4Address
}

extension GuestPort {
    /// The NICs whose addresses are reserved in the network.
    static func list(of network: NetworkDefinition, layout: HostLayout) -> [GuestPort] {
        let folder = layout.network(network.owner.fleet, network.name).reservations
        return ((try? Files.list(folder)) ?? []).sorted().compactMap { file in
            // `<guest id>-<NIC>` with a line `<MAC>,<IP>`, as Reservations writes them.
            let parts = file.split(separator: "-", maxSplits: 1).map(String.init)
            let fields = (Files.text("\(folder)/\(file)") ?? "").split { $0 == "," || $0 == "\n" }.map(String.init)
            guard parts.count == 2, fields.count == 2, let guest = ObjectID(parsing: parts[0]),
                let nic = Name(parsing: parts[1]), let mac = MACAddress(parsing: fields[0]),
                let ipv4 = IPv4Address(parsing: fields[1])
            else { return nil }
            return GuestPort(
                guest: guest, tap: InterfaceName.tap(network.owner.instance, guest: guest, nic: nic), mac: mac,
                ipv4: ipv4)
        }
    }
}

/// What the guests of one network may send, as a table of nftables' bridge family: it sees frames between two guests,
/// which the `inet` family does not.
///
/// Only ports that are listed are judged, by the interface that a frame comes in at, which no guest can forge.
struct PortRules {
    let filter: FleetModel.NetworkFilter
    let ports: [GuestPort]

    /// The table's sets and chains; nil where everything may pass.
    var body: String? {
        let chains = [spoofing, betweenGuests].compactMap { $0 }
        guard !ports.isEmpty, !chains.isEmpty else { return nil }
        return (sets + chains).joined(separator: "\n")
    }

    private var sets: [String] {
        [
            set("ports", "ifname", ports.map { "\"\($0.tap)\"" }),
            set("owners", "ifname . ether_addr", ports.map { "\"\($0.tap)\" . \($0.mac)" }),
            set(
                "addresses", "ifname . ether_addr . ipv4_addr", addresses),
        ]
    }

    /// With two NICs in one network a guest answers for each of its addresses at both.
    private var addresses: [String] {
        let own = Dictionary(grouping: ports, by: \.guest)
        return ports.flatMap { port in
            (own[port.guest] ?? []).map { "\"\(port.tap)\" . \(port.mac) . \($0.ipv4)" }
        }
    }

    private func set(_ name: String, _ type: String, _ elements: [String]) -> String {
        "    set \(name) { type \(type); elements = { \(elements.joined(separator: ", ")) }; }"
    }

    /// A guest's frames bear its own addresses, and it is no DHCP server and no IPv6 router. Let through besides: ARP's
    /// question whether an address is free (RFC 5227), and DHCP's from a guest that has none yet.
    private var spoofing: String? {
        guard filter.spoofing == .deny else { return nil }
        return """
                chain prerouting {
                    type filter hook prerouting priority -200; policy accept;
                    iifname != @ports accept
                    iifname . ether saddr != @owners drop
                    ether type arp iifname . arp saddr ether != @owners drop
                    ether type arp arp saddr ip 0.0.0.0 accept
                    ether type arp iifname . arp saddr ether . arp saddr ip != @addresses drop
                    ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept
                    ether type ip iifname . ether saddr . ip saddr != @addresses drop
                    udp sport { 67, 547 } drop
                    icmpv6 type nd-router-advert drop
                }
            """
    }

    private var betweenGuests: String? {
        guard filter.betweenGuests == .deny else { return nil }
        return """
                chain forward {
                    type filter hook forward priority -200; policy accept;
                    iifname @ports oifname @ports drop
                }
            """
    }
}
