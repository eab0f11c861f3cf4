import FleetModel
import HostSystem
import Testing

/// A network as a whole: made, repeated, changed, renamed, removed.
@Suite(.needsNetworkLab) struct NetworkLifecycleTests {
    @Test func ensureMakesANetworkWithoutDefectsAndLeavesItAloneFromThenOn() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let observation = try await lodge.observe()
            #expect(observation.networks == [LiveNetwork(definition: network)])
            #expect(observation.leftovers.isEmpty)
            let link = try await lab.ip(["-d", "link", "show", network.bridge])
            #expect(link.contains("alias lodge:0a1b2c3d/demo/network/lan"))
            #expect(link.contains("group 1243294781"))
            #expect(link.contains("link/ether 02:"))
            #expect(link.contains("stp_state 0"))
            #expect(link.contains("forward_delay 0"))

            let before = try await lab.census()
            try await lodge.ensure(network)
            #expect(try await lab.census() == before)
        }
    }

    @Test func removeLeavesNothing() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try Files.makeFolder(lodge.layout.stateFolder)
            try Files.makeFolder(lodge.layout.runFolder)
            let before = try await lab.census()
            try await lodge.ensure(network)
            try await lodge.reserve(lodge.guest("web", on: network, number: 7), hostname: "web")
            #expect(try await lab.census() != before)
            try await lodge.remove(network)
            #expect(try await lab.census() == before)
            try await lodge.remove(network)
            #expect(try await lab.census() == before)
        }
    }

    @Test func removeRefusesWhileAGuestIsConnected() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let holder = try await lodge.holdTaps(lodge.guest("web", on: network, number: 7))
            let error = await #expect(throws: CommandError.self) { try await lodge.remove(network) }
            #expect(error?.output.contains("in use by lodge:0a1b2c3d/demo/guest/web/eth0") == true)
            #expect(try await lodge.defects(network) == [])
            await lab.end(holder)
            try await lodge.remove(network)
        }
    }

    @Test func aRemovalThatWasCutShortIsSeenAndFinished() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try Files.makeFolder(lodge.layout.stateFolder)
            try Files.makeFolder(lodge.layout.runFolder)
            let before = try await lab.census()
            try await lodge.ensure(network)
            await lab.endServer(of: network, in: lodge)
            #expect(try await lodge.defects(network) == [.dhcpNotRunning])
            try await lab.execute(["nft", "delete", "table", "inet", "lodge_\(lodge.id)_\(network.id)"])
            #expect(try await lodge.defects(network) == [.rulesMissing, .dhcpNotRunning])
            try await lab.ip(["link", "delete", network.bridge])
            #expect(try await lodge.defects(network) == [.bridgeMissing, .rulesMissing, .dhcpNotRunning])
            try await lodge.remove(network)
            #expect(try await lab.census() == before)
        }
    }

    /// Killed for real, at moments spread over the tenth of a second that a run takes.
    @Test func aRunThatIsKilledAtAnyMomentIsMadeUpFor() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try Files.makeFolder(lodge.layout.stateFolder)
            try Files.makeFolder(lodge.layout.runFolder)
            let before = try await lab.census()
            for delay in stride(from: 10, through: 150, by: 10) {
                try await lodge.beKilled("ensure", network, after: .milliseconds(delay))
                let made = try await lodge.observe()
                #expect(made.leftovers.allSatisfy { $0.kind == .stateFolder }, "killed after \(delay) ms")
                try await lodge.ensure(network)
                let observation = try await lodge.observe()
                #expect(observation.networks == [LiveNetwork(definition: network)], "killed after \(delay) ms")
                #expect(observation.leftovers.isEmpty)

                try await lodge.beKilled("remove", network, after: .milliseconds(delay))
                let removed = try await lodge.observe()
                #expect(removed.leftovers.allSatisfy { $0.kind == .stateFolder }, "killed after \(delay) ms")
                try await lodge.remove(network)
                // A program that the killed one had started may take a moment to end.
                var after = try await lab.census()
                for _ in 0..<600 where after != before {
                    try await Task.sleep(for: .milliseconds(100))
                    after = try await lab.census()
                }
                #expect(after == before, "killed after \(delay) ms")
            }
        }
    }

    @Test func aNewDefinitionIsSeenAsDefectsAndTakesEffect() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let old = lodge.network()
            try await lodge.ensure(old)
            var new = lodge.network(subnet: "10.99.2.0/25")
            new.generation = 2
            // As far as a run gets that is killed right after its first effect.
            try JSONFile.write(new, to: lodge.layout.network(new.owner.fleet, new.name).definition)
            #expect(try await lodge.defects(new) == [.addressMissing, .rulesMissing, .dhcpOutdated])
            try await lodge.ensure(new)
            #expect(try await lodge.defects(new) == [])
            let addresses = try await lab.ip(["-4", "-o", "addr", "show", new.bridge])
            #expect(addresses.contains("10.99.2.1/25"))
            #expect(!addresses.contains("10.99.1."))
        }
    }

    @Test func onlyTheLeaseTimeChanged() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            var network = lodge.network()
            try await lodge.ensure(network)
            network.spec.lease = .seconds(600)
            try JSONFile.write(network, to: lodge.layout.network(network.owner.fleet, network.name).definition)
            #expect(try await lodge.defects(network) == [.dhcpOutdated])
            try await lodge.ensure(network)
            #expect(try await lodge.defects(network) == [])
        }
    }

    @Test func renameKeepsGuestsConnected() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let guest = lodge.guest("web", on: network, number: 7)
            _ = try await lodge.holdTaps(guest)
            let index = try await lab.execute(["cat", "/sys/class/net/\(network.bridge)/ifindex"])
            try await lodge.rename(network, to: "backbone")
            var renamed = network
            renamed.name = Name(parsing: "backbone")!
            let observation = try await lodge.observe()
            #expect(observation.networks == [LiveNetwork(definition: renamed)])
            #expect(observation.leftovers.isEmpty)
            #expect(try await lab.execute(["cat", "/sys/class/net/\(network.bridge)/ifindex"]) == index)
            #expect(try await lab.ip(["link", "show", lodge.tap(guest)]).contains("master \(network.bridge)"))
        }
    }

    @Test func aRenameThatWasCutShortIsSeenUnderTheNewName() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let fleet = network.owner.fleet
            var renamed = network
            renamed.name = Name(parsing: "backbone")!
            try Files.move(
                lodge.layout.network(fleet, network.name).path, to: lodge.layout.network(fleet, renamed.name).path)
            let seen = try await lodge.observe().networks
            #expect(seen.map(\.definition) == [renamed])
            #expect(seen.first?.defects == [.bridgeMissing, .rulesMissing, .dhcpOutdated])
            try await lodge.ensure(renamed)
            #expect(try await lodge.observe().networks == [LiveNetwork(definition: renamed)])
        }
    }

    @Test func renameRefusesANameThatIsTaken() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let first = lodge.network("lan")
            let second = lodge.network("dmz", subnet: "10.99.2.0/24")
            try await lodge.ensure(first)
            try await lodge.ensure(second)
            let error = await #expect(throws: CommandError.self) { try await lodge.rename(first, to: "dmz") }
            #expect(error?.output.contains("a network is called dmz already") == true)
            #expect(try await lodge.observe().networks.allSatisfy { $0.defects.isEmpty })
        }
    }
}

extension NetworkLab {
    /// Kills the network's DHCP server, and waits until it is gone.
    func endServer(of network: NetworkDefinition, in lodge: LodgeInstance) async {
        guard let pid = lodge.server(network), let process = ProcessTable.entry(pid) else { return }
        try? ProcessTable.signal(pid, startTime: process.startTime, 9)
        _ = await ProcessTable.waitForEnd(pid, startTime: process.startTime, timeout: .seconds(60))
    }
}
