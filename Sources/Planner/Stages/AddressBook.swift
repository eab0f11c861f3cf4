import FleetModel

/// The MAC and IPv4 addresses of a fleet: who has which, and which are free.
struct AddressBook {
    /// A guest that needs addresses.
    struct Asker {
        let guest: DesiredGuest
        let id: ObjectID
        /// The networks on its host.
        let networks: [Name: CarriedNetwork]
        /// What it has now.
        let live: [NICSpec]
    }

    private struct Network {
        let spec: NetworkSpec
        var claimed: Set<IPv4Address>
        /// How many of the range are claimed.
        var used: UInt64

        init(_ spec: NetworkSpec) {
            self.spec = spec
            claimed = [spec.gateway]
            used = spec.range.contains(spec.gateway) ? 1 : 0
        }

        mutating func claim(_ address: IPv4Address) -> Bool {
            guard claimed.insert(address).inserted else { return false }
            if spec.range.contains(address) { used += 1 }
            return true
        }

        /// The first free address of the range at or behind the digest's place in it.
        mutating func draw(_ digest: Digest) -> IPv4Address? {
            guard used < spec.range.count else { return nil }
            var offset = digest.leadingBits(digits: 12) % spec.range.count
            while true {
                let address = IPv4Address(bits: spec.range.first.bits + UInt32(offset))
                if claim(address) { return address }
                offset = (offset + 1) % spec.range.count
            }
        }
    }

    private var networks: [Name: Network]
    private var macs: Set<MACAddress> = []
    private let live: [NICSpec]

    init(_ desired: [DesiredNetwork], on observed: ObservedFleet) {
        networks = Dictionary(desired.map { ($0.name, Network($0.spec)) }, uniquingKeysWith: { first, _ in first })
        var live: [NICSpec] = []
        for host in observed.hosts {
            for guest in host.live.guests {
                guard guest.definition.owner == host.owner else {
                    macs.formUnion(guest.definition.spec.nics.map(\.mac))
                    continue
                }
                live += guest.definition.spec.nics
            }
        }
        self.live = live
    }

    /// Settles the NICs of all guests, given in the order of their names. Given addresses come first, then those
    /// that guests have, then derived ones: so a new guest never takes an address from one that has it.
    mutating func assign(_ askers: [Asker], _ remarks: inout Remarks) -> [[NICSpec]] {
        for asker in askers {
            for nic in asker.guest.nics {
                if let mac = nic.mac { macs.insert(mac) }
                if let address = nic.ipv4 { _ = networks[nic.network]?.claim(address) }
            }
        }
        let kept = askers.map { keep($0) }
        for nic in live {
            macs.insert(nic.mac)
            _ = networks[nic.network]?.claim(nic.ipv4)
        }
        var exhausted: Set<Name> = []
        return askers.indices.map { position in
            let asker = askers[position]
            return asker.guest.nics.enumerated().compactMap { index, nic in
                let mac = nic.mac ?? kept[position][index].mac ?? deriveMAC(asker.id, nic.name)
                guard let id = asker.networks[nic.network]?.id else { return nil }
                let digest = { Digest(of: "\(asker.id)/\(nic.name)/ipv4") }
                guard let ipv4 = nic.ipv4 ?? kept[position][index].ipv4 ?? networks[nic.network]?.draw(digest()) else {
                    if exhausted.insert(nic.network).inserted { refuseExhausted(nic.network, asker, &remarks) }
                    return nil
                }
                return NICSpec(
                    name: nic.name, network: nic.network, networkID: id, mac: mac, ipv4: ipv4, bandwidth: nic.bandwidth)
            }
        }
    }

    /// For each NIC that names none: the addresses of the live NIC of that name, as far as they still serve.
    private mutating func keep(_ asker: Asker) -> [(mac: MACAddress?, ipv4: IPv4Address?)] {
        asker.guest.nics.map { nic in
            guard !asker.live.isEmpty, let live = asker.live.first(where: { $0.name == nic.name }) else {
                return (nil, nil)
            }
            let mac = nic.mac == nil && macs.insert(live.mac).inserted ? live.mac : nil
            guard nic.ipv4 == nil, live.networkID == asker.networks[nic.network]?.id,
                networks[nic.network]?.spec.subnet.usable?.contains(live.ipv4) == true,
                networks[nic.network]?.claim(live.ipv4) == true
            else { return (mac, nil) }
            return (mac, live.ipv4)
        }
    }

    /// Within QEMU's prefix 52:54:00, which is of the locally administered, unicast kind.
    private mutating func deriveMAC(_ id: ObjectID, _ nic: Name) -> MACAddress {
        var attempt = 0
        while true {
            let text = attempt == 0 ? "\(id)/\(nic)" : "\(id)/\(nic)/\(attempt)"
            let mac = MACAddress(bits: 0x5254_0000_0000 | Digest(of: text).leadingBits(digits: 6))
            if macs.insert(mac).inserted { return mac }
            attempt += 1
        }
    }

    private func refuseExhausted(_ network: Name, _ asker: Asker, _ remarks: inout Remarks) {
        guard let range = networks[network]?.spec.range else { return }
        remarks.refuse(
            "range-exhausted",
            "network.\(network) has no address left for guest.\(asker.guest.name): all \(range.count) of \(range) are taken",
            help: "widen ipv4.dhcp.range, or give guests an address outside of it with nics.ipv4; addresses of guests "
                + "that this plan removes are free in the next one",
            range: asker.guest.origin, about: ResourceAddress(.guest, asker.guest.name))
    }
}

extension Digest {
    /// The number that the first hexadecimal digits are; at most 16 of them.
    fileprivate func leadingBits(digits: Int) -> UInt64 {
        text.utf8.prefix(digits).reduce(0) { $0 << 4 | UInt64($1 < 0x3A ? $1 - 0x30 : $1 - 0x57) }
    }
}
