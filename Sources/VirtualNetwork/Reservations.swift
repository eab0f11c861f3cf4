import FleetModel
import HostSystem
import Netlink

/// Addresses and names of guests in the DHCP and DNS servers of their networks: two files a NIC, called
/// `<guest id>-<NIC>`.
struct Reservations {
    let store: NetworkStore
    let server: DHCPServer

    /// Writes the guest's files in its networks and removes its stale ones everywhere. A lease that no longer fits is
    /// given back.
    func reserve(_ guest: GuestDefinition, hostname: String) throws {
        guard HostName.isValid(hostname) else {
            throw NetworkError(
                "name the guest", guest.name.text, "“\(hostname)” is no host name",
                advice: "use letters, digits, hyphens and dots")
        }
        let networks = try store.read().definitions
        for nic in guest.spec.nics where !networks.contains(where: { $0.id == nic.networkID }) {
            throw NetworkError(
                "reserve the address of", "guest \(guest.name), \(nic.name)",
                "its network \(nic.network) is not on this host", advice: "apply the network first")
        }
        var outdated: Set<ObjectID> = []
        for network in networks {
            let nics = guest.spec.nics.filter { $0.networkID == network.id }
            let wanted = Dictionary(nics.map { (file(guest.id, $0.name), $0) }) { first, _ in first }
            let stale = try strike(guest.id, of: network) { file, content in
                wanted[file].map { content == reservation($0) } ?? false
            }
            let names = hostname == guest.name.text ? hostname : "\(guest.name) \(hostname)"
            var changed = !stale.isEmpty
            for (file, nic) in wanted {
                let folder = store.folder(network)
                changed = try write(reservation(nic), file, in: folder.reservations, folder) || changed
                let line = "\(nic.ipv4) \(names)\n"
                changed = try write(line, file, in: folder.names, folder) || changed
            }
            if changed { outdated.insert(network.id) }
            giveBack(stale, network)
        }
        try server.reload(outdated)
    }

    /// Removes all files of the guest, and gives its leases back.
    func release(_ guest: ObjectID) async throws {
        var stale: [(NetworkDefinition, [MACAddress])] = []
        for network in try store.read().definitions {
            let macs = try strike(guest, of: network) { _, _ in false }
            if !macs.isEmpty { stale.append((network, macs)) }
        }
        try server.reload(Set(stale.map(\.0.id)))
        for (network, macs) in stale { try await endLeases(of: macs, network) }
    }

    private func file(_ guest: ObjectID, _ nic: Name) -> String { "\(guest)-\(nic)" }

    private func reservation(_ nic: NICSpec) -> String { "\(nic.mac),\(nic.ipv4)\n" }

    /// Removes the guest's files in one network, but for those that `keep` wants.
    ///
    /// - Returns: the MAC addresses whose reservations were removed.
    private func strike(
        _ guest: ObjectID, of network: NetworkDefinition, unless keep: (String, String) -> Bool
    ) throws -> [MACAddress] {
        let folder = store.folder(network)
        var macs: [MACAddress] = []
        let files = Set(try Files.list(folder.reservations) + Files.list(folder.names))
        for file in files.sorted() where file.hasPrefix("\(guest)-") {
            let content = Files.text("\(folder.reservations)/\(file)") ?? ""
            if keep(file, content) { continue }
            // The name goes first: as long as the reservation is there, a run that was cut short is made up for.
            try Files.remove("\(folder.names)/\(file)")
            try Files.remove("\(folder.reservations)/\(file)")
            if let mac = content.split(separator: ",").first.flatMap({ MACAddress(parsing: String($0)) }) {
                macs.append(mac)
            }
        }
        return macs
    }

    /// Writes a file that the server may read at any moment: elsewhere first, since it reads whatever appears in its
    /// folder, an unfinished file as well.
    ///
    /// - Returns: true where a file was replaced, which the server would take for an addition.
    private func write(_ text: String, _ file: String, in target: String, _ folder: NetworkFolder) throws -> Bool {
        let path = "\(target)/\(file)"
        let present = Files.text(path)
        guard present != text else { return false }
        let draft = "\(folder.path)/\(file).draft"
        try DurableFile.write(Array(text.utf8), to: draft)
        try Files.move(draft, to: path)
        return present != nil
    }

    private func held(by macs: [MACAddress], _ network: NetworkDefinition) -> [LeaseFile.Lease] {
        LeaseFile(text: Files.text(store.folder(network).leases) ?? "").leases.filter { macs.contains($0.mac) }
    }

    /// Tells the server that these leases have ended; best effort, since a lease ends by itself too.
    private func giveBack(_ macs: [MACAddress], _ network: NetworkDefinition) {
        for lease in held(by: macs, network) {
            try? ReleaseMessage(lease: lease, server: network.spec.gateway).send(by: network.bridge)
        }
    }

    /// Gives the leases back and makes sure that they are gone: where the server does not do it within a second (or does
    /// not run), they are struck out of its file while it is down.
    private func endLeases(of macs: [MACAddress], _ network: NetworkDefinition) async throws {
        guard !held(by: macs, network).isEmpty else { return }
        let running = server.running(network.id)
        if !running.isEmpty {
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(1)
            giveBack(macs, network)
            while clock.now < deadline {
                if held(by: macs, network).isEmpty { return }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        for process in running { try await server.stop(process) }
        let path = store.folder(network).leases
        var file = LeaseFile(text: Files.text(path) ?? "")
        file.remove { macs.contains($0.mac) }
        try DurableFile.write(Array(file.text.utf8), to: path)
        guard !running.isEmpty,
            let bridge = try NetlinkSocket().links.find(named: network.bridge)?.index
        else { return }
        try await server.ensure(
            ServerConfiguration(definition: network, layout: store.layout, bridgeIndex: bridge))
    }
}
