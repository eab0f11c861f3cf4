import FleetModel
import Testing

/// Which packets pass: three namespaces in a row, guest, host and outside, and a second network beside.
@Suite(.needsNetworkLab) struct TrafficTests {
    /// A world outside that knows the host's address alone.
    private func addOutside(_ lab: NetworkLab) async throws -> String {
        let outside = try await lab.addMachine("outside")
        try await lab.ip(["addr", "add", "203.0.113.1/24", "dev", "port-outside"])
        try await lab.address(outside, "203.0.113.2/24")
        return outside
    }

    private func connect(_ lab: NetworkLab, _ guest: GuestDefinition, _ network: NetworkDefinition) async throws
        -> String
    {
        let machine = try await lab.addMachine(guest.name.text, mac: guest.spec.nics[0].mac, bridge: network.bridge)
        try await lab.address(
            machine, "\(guest.spec.nics[0].ipv4)/\(network.spec.subnet.prefix)", gateway: "\(network.spec.gateway)")
        return machine
    }

    @Test func natLetsGuestsOutAndNobodyIn() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            let outside = try await addOutside(lab)
            try await lodge.ensure(network)
            let web = try await connect(lab, lodge.guest("web", on: network, number: 7), network)
            let db = try await connect(lab, lodge.guest("db", on: network, number: 8), network)
            #expect(await lab.pings("203.0.113.2", from: web))
            #expect(await lab.pings("10.99.1.8", from: web))
            #expect(await lab.pings("10.99.1.1", from: db))
            #expect(await lab.pings("10.99.1.7", from: lab.host))
            try await lab.ip(["route", "add", "10.99.1.0/24", "via", "203.0.113.1"], in: outside)
            #expect(await lab.pings("10.99.1.7", from: outside) == false)
        }
    }

    @Test func anIsolatedNetworkReachesTheHostAlone() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network(mode: .isolated)
            let outside = try await addOutside(lab)
            try await lodge.ensure(network)
            let guest = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(guest, hostname: "web")
            let machine = try await lab.addMachine("web", mac: guest.spec.nics[0].mac, bridge: network.bridge)
            #expect(try await lab.lease(machine)?.router == nil)
            try await lab.address(machine, "10.99.1.7/24", gateway: "10.99.1.1")
            // Even where guest, host and outside are set up to forward.
            try await lab.execute(["busybox", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
            try await lab.ip(["route", "add", "10.99.1.0/24", "via", "203.0.113.1"], in: outside)
            #expect(await lab.pings("10.99.1.1", from: machine))
            #expect(await lab.pings("203.0.113.2", from: machine) == false)
            #expect(await lab.pings("10.99.1.7", from: outside) == false)
            // It is the rules that keep them apart.
            try await lab.execute(["nft", "flush", "ruleset"])
            #expect(await lab.pings("10.99.1.7", from: outside))
        }
    }

    @Test func networksDoNotReachEachOther() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let stranger = LodgeInstance(lab, "9f9f9f9f")
            let networks = [
                lodge.network("lan"), lodge.network("dmz", subnet: "10.99.2.0/24"),
                lodge.network("vault", mode: .isolated, subnet: "10.99.3.0/24"),
            ]
            for network in networks { try await lodge.ensure(network) }
            let foreign = stranger.network("lan", subnet: "10.99.4.0/24")
            try await stranger.ensure(foreign)
            var machines: [String] = []
            for (network, name) in zip(networks, ["a", "b", "c"]) {
                machines.append(try await connect(lab, lodge.guest(name, on: network, number: 7), network))
            }
            machines.append(try await connect(lab, stranger.guest("d", on: foreign, number: 7), foreign))
            for (index, machine) in machines.enumerated() {
                for other in 1...4 where other != index + 1 {
                    #expect(
                        await lab.pings("10.99.\(other).7", from: machine) == false, "\(index + 1) reaches \(other)")
                }
            }
            // It is the rules that keep them apart.
            try await lab.execute(["nft", "flush", "ruleset"])
            #expect(await lab.pings("10.99.2.7", from: machines[0]))
            #expect(await lab.pings("10.99.4.7", from: machines[2]))
        }
    }

    @Test func forwardingIsSwitchedOnForNATAndBackWithTheLastOne() async throws {
        try await NetworkLab.run { lab in
            func forwards() async throws -> Bool {
                try await lab.execute(["cat", "/proc/sys/net/ipv4/ip_forward"]).hasPrefix("1")
            }
            let lodge = LodgeInstance(lab)
            let isolated = lodge.network("vault", mode: .isolated, subnet: "10.99.3.0/24")
            try await lodge.ensure(isolated)
            #expect(try await forwards() == false)
            var lan = lodge.network("lan")
            let dmz = lodge.network("dmz", subnet: "10.99.2.0/24")
            try await lodge.ensure(lan)
            try await lodge.ensure(dmz)
            #expect(try await forwards())
            try await lodge.remove(dmz)
            #expect(try await forwards())
            lan.spec.mode = .isolated
            try await lodge.ensure(lan)
            #expect(try await forwards() == false)
            #expect(try await lodge.defects(lan) == [])

            // Somebody else's NAT would be cut off.
            lan.spec.mode = .nat
            try await lodge.ensure(lan)
            let rules = "table ip engine { chain out { type nat hook postrouting priority 100; masquerade; }; }"
            try await lab.execute(["nft", "-f", "-"], input: rules)
            try await lodge.remove(lan)
            #expect(try await forwards())
            try await lab.execute(["nft", "delete", "table", "ip", "engine"])

            // What was on before stays on.
            try await lodge.ensure(lan)
            try await lodge.remove(lan)
            #expect(try await forwards())
        }
    }

    @Test func othersRulesThatDropAreToldOf() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            try await lodge.ensure(lodge.network())
            #expect(try await lodge.warnings() == [])
            let rules = "table ip engine { chain pass { type filter hook forward priority 0; policy drop; }; }"
            try await lab.execute(["nft", "-f", "-"], input: rules)
            let warnings = try await lodge.warnings()
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("the table ip engine drops") == true)
        }
    }

    @Test func routesLeaveOutTheDefaultAndOurOwn() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let stranger = LodgeInstance(lab, "9f9f9f9f")
            _ = try await addOutside(lab)
            try await lab.ip(["route", "add", "default", "via", "203.0.113.2"])
            try await lab.ip(["route", "add", "198.51.100.0/24", "via", "203.0.113.2"])
            try await lodge.ensure(lodge.network())
            let foreign = stranger.network(subnet: "10.99.4.0/24")
            try await stranger.ensure(foreign)
            let routes = try await lodge.routes().map { "\($0.subnet) \($0.interface)" }.sorted()
            #expect(
                routes == [
                    "10.99.4.0/24 \(foreign.bridge)", "198.51.100.0/24 port-outside", "203.0.113.0/24 port-outside",
                ])
        }
    }
}
