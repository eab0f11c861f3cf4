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
    func reserve(_ guest: GuestDefinition, hostname: String) async throws {
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
        for network in networks {
            let nics = guest.spec.nics.filter { $0.networkID == network.id }
            let wanted = Dictionary(nics.map { (ReservationTable.file(guest.id, $0.name), $0) }) { first, _ in first }
            try strike(guest.id, of: network) { file, content in
                wanted[file].map { content == ReservationTable.reservation($0) } ?? false
            }
            let folder = store.folder(network)
            for (file, nic) in wanted.sorted(by: { $0.key < $1.key }) {
                let names = ReservationTable.names(nic, guest: guest.name, hostname: hostname)
                try write(ReservationTable.reservation(nic), file, in: folder.reservations, of: network)
                try write(names, file, in: folder.names, of: network)
            }
        }
        let outdated = networks.filter(isPending)
        try server.reload(Set(outdated.map(\.id)))
        for network in outdated {
            try await endStrayLeases(network)
            try Files.remove(pending(network))
        }
    }

    /// Removes all files of the guest, and gives its leases back.
    func release(_ guest: ObjectID) async throws {
        let networks = try store.read().definitions
        for network in networks { try strike(guest, of: network) { _, _ in false } }
        let outdated = networks.filter(isPending)
        try server.reload(Set(outdated.map(\.id)))
        for network in outdated {
            try await endStrayLeases(network)
            try Files.remove(pending(network))
        }
    }

    /// Finishes what a run began that was cut short between changing the files and telling the server.
    func recover(_ network: NetworkDefinition) async throws {
        guard isPending(network) else { return }
        try server.reload([network.id])
        try await endStrayLeases(network)
        try Files.remove(pending(network))
    }

    /// What is not as the network's guests have it.
    func defects(_ network: NetworkDefinition, _ wanted: ReservationTable) -> [LiveNetwork.Defect] {
        if ReservationTable(in: store.folder(network)) != wanted { return [.reservationsChanged] }
        // Those of a reservation that has just gone end shortly.
        return strayLeases(network).isEmpty || isPending(network) ? [] : [.leasesChanged]
    }

    /// Makes the files what the network's guests have, whoever changed them. The server is not told yet.
    func restore(_ network: NetworkDefinition, _ wanted: ReservationTable) throws {
        let folder = store.folder(network)
        let found = ReservationTable(in: folder)
        if found != wanted || !strayLeases(network).isEmpty { try setPending(network) }
        for (path, found, wanted) in [
            (folder.reservations, found.reservations, wanted.reservations), (folder.names, found.names, wanted.names),
        ] {
            for file in found.keys.sorted() where wanted[file] == nil { try Files.remove("\(path)/\(file)") }
            for (file, text) in wanted.sorted(by: { $0.key < $1.key }) {
                try write(text, file, in: path, of: network)
            }
        }
    }

    /// True where the server has not been told yet of files that were changed or removed.
    func isPending(_ network: NetworkDefinition) -> Bool { Files.exists(pending(network)) }

    private func pending(_ network: NetworkDefinition) -> String { "\(store.folder(network).path)/reload.pending" }

    private func setPending(_ network: NetworkDefinition) throws {
        if !isPending(network) { try DurableFile.write([], to: pending(network)) }
    }

    /// Removes the guest's files in one network, but for those that `keep` wants.
    private func strike(
        _ guest: ObjectID, of network: NetworkDefinition, unless keep: (String, String) -> Bool
    ) throws {
        let folder = store.folder(network)
        let files = Set(try Files.list(folder.reservations) + Files.list(folder.names))
        for file in files.sorted() where file.hasPrefix("\(guest)-") {
            if keep(file, Files.text("\(folder.reservations)/\(file)") ?? "") { continue }
            try setPending(network)
            try Files.remove("\(folder.names)/\(file)")
            try Files.remove("\(folder.reservations)/\(file)")
        }
    }

    /// Writes a file that the server may read at any moment: elsewhere first, since it reads whatever appears in its
    /// folder, an unfinished file as well. A file that is replaced it would take for an addition to what it read before.
    private func write(_ text: String, _ file: String, in target: String, of network: NetworkDefinition) throws {
        let path = "\(target)/\(file)"
        let present = Files.text(path)
        guard present != text else { return }
        if present != nil { try setPending(network) }
        let draft = "\(store.folder(network).path)/\(file).draft"
        try DurableFile.write(Array(text.utf8), to: draft)
        try Files.move(draft, to: path)
    }

    /// Leases without a reservation for this MAC and IP address: since unknown machines get none, they are of guests
    /// that are gone or have another address by now.
    private func strayLeases(_ network: NetworkDefinition) -> [LeaseFile.Lease] {
        let folder = store.folder(network)
        let leases = LeaseFile(text: Files.text(folder.leases) ?? "").leases
        guard !leases.isEmpty else { return [] }
        let files = (try? Files.list(folder.reservations)) ?? []
        let reserved = Set(files.compactMap { Files.text("\(folder.reservations)/\($0)") })
        return leases.filter { !reserved.contains("\($0.mac),\($0.address)\n") }
    }

    /// Tells the server that these leases have ended; best effort, since a lease ends by itself too.
    private func giveBack(_ leases: [LeaseFile.Lease], _ network: NetworkDefinition) {
        for lease in leases {
            try? ReleaseMessage(lease: lease, server: network.spec.gateway).send(by: network.bridge)
        }
    }

    /// Gives the stray leases back and makes sure that they are gone: where the server does not do it within a second (or
    /// does not run), they are struck out of its file while it is down.
    private func endStrayLeases(_ network: NetworkDefinition) async throws {
        guard !strayLeases(network).isEmpty else { return }
        let running = server.running(network.id)
        if !running.isEmpty {
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(1)
            giveBack(strayLeases(network), network)
            while clock.now < deadline {
                if strayLeases(network).isEmpty { return }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        for process in running { try await server.stop(process) }
        let path = store.folder(network).leases
        let stray = Set(strayLeases(network))
        var file = LeaseFile(text: Files.text(path) ?? "")
        file.remove { stray.contains($0) }
        try DurableFile.write(Array(file.text.utf8), to: path)
        guard !running.isEmpty, let bridge = try NetlinkSocket().links.find(named: network.bridge)?.index else {
            return
        }
        try await server.ensure(
            ServerConfiguration(definition: network, layout: store.layout, bridgeIndex: bridge))
    }
}
