import FleetModel
import HostSystem
import TestSupport
import Testing

/// What a guest may send, judged at the port that it is on; and that changes of a network reach it without an
/// interruption.
@Suite(.needsNetworkLab) struct FilterTests {
    /// A machine on the very port that the guest would have, with its addresses.
    private func connect(
        _ lab: NetworkLab, _ lodge: LodgeInstance, _ name: String, _ number: UInt32, on network: NetworkDefinition
    ) async throws -> String {
        let guest = lodge.guest(name, on: network, number: number)
        try await lodge.reserve(guest, hostname: name)
        let nic = guest.spec.nics[0]
        let machine = try await lab.addMachine(
            name, mac: nic.mac, bridge: network.bridge, port: lodge.tap(guest))
        try await lab.address(
            machine, "\(nic.ipv4)/\(network.spec.subnet.prefix)", gateway: "\(network.spec.gateway)")
        return machine
    }

    @Test func aGuestSpeaksForItselfAlone() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            var network = lodge.network()
            try await lodge.ensure(network)
            let web = try await connect(lab, lodge, "web", 7, on: network)
            let db = try await connect(lab, lodge, "db", 8, on: network)
            #expect(await lab.pings("10.99.1.8", from: web))
            #expect(await lab.pings("10.99.1.1", from: web))

            // A second address, which nobody has.
            try await lab.ip(["addr", "add", "10.99.1.77/24", "dev", "eth0"], in: web)
            let asAnother = ["busybox", "ping", "-c", "1", "-W", "1", "-I", "10.99.1.77", "10.99.1.8"]
            #expect(await lab.succeeds(asAnother, in: web) == false)
            // Its address from another card.
            try await lab.ip(["link", "set", "eth0", "address", "52:54:00:00:00:99"], in: web)
            #expect(await lab.pings("10.99.1.8", from: web) == false)
            try await lab.ip(["link", "set", "eth0", "address", "52:54:00:00:00:07"], in: web)
            #expect(await lab.pings("10.99.1.8", from: web))
            // Its neighbours do not hear of an address that it only claims.
            _ = await lab.succeeds(
                ["busybox", "arping", "-U", "-c", "2", "-w", "3", "-I", "eth0", "-s", "10.99.1.77", "10.99.1.77"],
                in: web)
            #expect(try await lab.ip(["neigh"], in: db).contains("10.99.1.77") == false)

            network.spec.filter.spoofing = .allow
            try await lodge.ensure(network)
            #expect(await lab.succeeds(asAnother, in: web))
            #expect(try await lodge.defects(network) == [])
        }
    }

    @Test func guestsAreKeptApart() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            var network = lodge.network()
            network.spec.filter.betweenGuests = .deny
            try await lodge.ensure(network)
            let web = try await connect(lab, lodge, "web", 7, on: network)
            let db = try await connect(lab, lodge, "db", 8, on: network)
            #expect(await lab.pings("10.99.1.8", from: web) == false)
            #expect(await lab.pings("10.99.1.1", from: web))
            #expect(await lab.pings("10.99.1.1", from: db))
            // Nor by way of the host, which forwards.
            try await lab.ip(["route", "add", "10.99.1.8/32", "via", "10.99.1.1"], in: web)
            try await lab.ip(["route", "add", "10.99.1.7/32", "via", "10.99.1.1"], in: db)
            #expect(await lab.pings("10.99.1.8", from: web) == false)

            network.spec.filter.betweenGuests = .allow
            try await lodge.ensure(network)
            #expect(await lab.pings("10.99.1.8", from: web))
        }
    }

    @Test func aGuestThatGoesTakesItsRulesAlong() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let empty = try await lab.execute(["nft", "list", "ruleset"])
            let guest = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(guest, hostname: "web")
            #expect(try await lab.execute(["nft", "list", "ruleset", "bridge"]).contains(lodge.tap(guest)))
            #expect(try await lodge.defects(network) == [])
            try await lab.execute(["nft", "flush", "ruleset", "bridge"])
            #expect(try await lodge.defects(network) == [.rulesMissing])
            try await lodge.ensure(network)
            try await lodge.release(guest)
            #expect(try await lodge.defects(network) == [])
            #expect(try await lab.execute(["nft", "list", "ruleset"]) == empty)
            try await lodge.remove(network)
            #expect(try await lab.execute(["nft", "list", "ruleset"]).isEmpty)
        }
    }

    /// A run that was cut off after it had changed the reservations is made up for by the same operation.
    @Test func rulesFollowReservationsThatWereThereAlready() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let guest = lodge.guest("web", on: network, number: 7)
            let nic = guest.spec.nics[0]
            let folder = lodge.layout.network(network.owner.fleet, network.name)
            let file = "\(folder.reservations)/\(guest.id)-\(nic.name)"
            try DurableFile.write(Array("\(nic.mac),\(nic.ipv4)\n".utf8), to: file)
            #expect(try await lodge.defects(network) == [.rulesMissing])
            try await lodge.reserve(guest, hostname: "web")
            #expect(try await lodge.defects(network) == [])
            #expect(try await lab.execute(["nft", "list", "ruleset", "bridge"]).contains(lodge.tap(guest)))

            try Files.remove(file)
            try await lodge.release(guest)
            #expect(try await lodge.defects(network) == [])
            #expect(try await lab.execute(["nft", "list", "ruleset", "bridge"]).contains(lodge.tap(guest)) == false)
        }
    }

    /// Everything about a network that is changed live, while a connection through it is open.
    @Test func connectionsOutliveEveryLiveChange() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            var network = lodge.network()
            let outside = try await lab.addMachine("outside")
            try await lab.ip(["addr", "add", "203.0.113.1/24", "dev", "port-outside"])
            try await lab.address(outside, "203.0.113.2/24")
            try await lodge.ensure(network)
            let web = try await connect(lab, lodge, "web", 7, on: network)

            let heard = "\(lab.folder)/heard"
            let said = "\(lab.folder)/said"
            try await lab.execute(["touch", said])
            _ = try await lab.start(["sh", "-c", "tail -f /dev/null | busybox nc -l -p 9000 > \(heard)"], in: outside)
            try await eventually { try await lab.execute(["cat", "/proc/net/tcp6"], in: outside).contains(":2328 ") }
            _ = try await lab.start(["sh", "-c", "tail -f \(said) | busybox nc 203.0.113.2 9000"], in: web)
            func say(_ word: String) async throws {
                try await lab.execute(["sh", "-c", "echo \(word) >> \(said)"])
                try await eventually { Files.text(heard)?.contains(word) == true }
            }
            try await say("connected")

            let changes: [(String, (inout NetworkSpec) -> Void)] = [
                ("filter", { $0.filter.betweenGuests = .deny }),
                ("spoofing", { $0.filter.spoofing = .allow }),
                ("domain", { $0.domain = "other.internal" }),
                ("lease", { $0.lease = .seconds(600) }),
                ("upstream", { $0.upstream = [IPv4Address(parsing: "203.0.113.2")!] }),
                ("range", { $0.range = IPv4Range(first: $0.range.first, last: $0.range.first)! }),
                ("mtu", { $0.mtu = 1400 }),
            ]
            for (name, change) in changes {
                change(&network.spec)
                network.generation += 1
                try await lodge.ensure(network)
                #expect(try await lodge.defects(network) == [], "\(name)")
                try await say(name)
            }
        }
    }

    @Test func theMTUIsTheBridgesAndThatOfEachNewPort() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            var network = lodge.network()
            try await lodge.ensure(network)
            let old = lodge.guest("old", on: network, number: 7)
            _ = try await lodge.holdTaps(old)
            network.spec.mtu = 1400
            try await lodge.ensure(network)
            let new = lodge.guest("new", on: network, number: 8)
            _ = try await lodge.holdTaps(new)
            func mtu(_ link: String) async throws -> String {
                try await lab.execute(["cat", "/sys/class/net/\(link)/mtu"]).trimmingSuffix { $0 == "\n" }
            }
            #expect(try await mtu(network.bridge) == "1400")
            #expect(try await mtu(lodge.tap(new)) == "1400")
            #expect(try await mtu(lodge.tap(old)) == "1500", "a running guest's port stays as it is")
            #expect(try await lodge.defects(network) == [])
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
}
