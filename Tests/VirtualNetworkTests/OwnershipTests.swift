import FleetModel
import HostSystem
import Testing

/// What is nobody's is found with its proof; what is another's is neither seen nor touched.
@Suite(.needsNetworkLab) struct OwnershipTests {
    @Test func twoInstancesDoNotSeeEachOther() async throws {
        try await NetworkLab.run { lab in
            let first = LodgeInstance(lab)
            let second = LodgeInstance(lab, "9f9f9f9f")
            // The same fleet and name, hence the same network id.
            let mine = first.network()
            let theirs = second.network(subnet: "10.99.2.0/24")
            #expect(mine.id == theirs.id)
            try await second.ensure(theirs)
            _ = try await second.holdTaps(second.guest("web", on: theirs, number: 7))
            let before = try await lab.census()
            #expect(try await first.observe().leftovers.isEmpty)
            #expect(try await first.observe().networks.isEmpty)
            try await first.ensure(mine)
            #expect(try await first.observe().networks == [LiveNetwork(definition: mine)])
            #expect(try await second.observe().networks == [LiveNetwork(definition: theirs)])
            #expect(try await second.observe().leftovers.isEmpty)
            try await first.remove(mine)
            try Files.removeTree("\(lab.folder)/\(first.id)")
            #expect(try await lab.census() == before)
        }
    }

    @Test func whatALostDefinitionLeavesIsFoundAndRemoved() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let neighbour = lodge.network("dmz", mode: .isolated, subnet: "10.99.2.0/24")
            try await lodge.ensure(neighbour)
            let before = try await lab.census()
            let network = lodge.network(mode: .isolated)
            try await lodge.ensure(network)
            try Files.removeTree(lodge.layout.network(network.owner.fleet, network.name).path)

            let leftovers = try await lodge.observe().leftovers
            #expect(leftovers.map(\.kind) == [.interface, .nftTable, .dhcpServer])
            #expect(leftovers.map(\.fleet) == [network.owner.fleet, network.owner.fleet, nil])
            #expect(leftovers[0].subject == network.bridge)
            #expect(leftovers[0].proof == "its alias is lodge:0a1b2c3d/demo/network/lan")
            #expect(leftovers[1].subject == "lodge_0a1b2c3d_\(network.id)")
            #expect(leftovers[2].subject == lodge.server(network).map { "\($0)" })
            #expect(leftovers[2].proof.contains(lodge.layout.networkRun(network.id)))
            for leftover in leftovers { try await lodge.removeLeftover(leftover) }
            #expect(try await lodge.observe().leftovers.isEmpty)
            #expect(try await lab.census() == before)
            for leftover in leftovers { try await lodge.removeLeftover(leftover) }
            #expect(try await lodge.defects(neighbour) == [])
        }
    }

    @Test func aLeftoverThatBelongsToADefinitionByNowIsKept() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let folder = lodge.layout.network(network.owner.fleet, network.name).path
            try Files.move(folder, to: "\(lab.folder)/away")
            let leftovers = try await lodge.observe().leftovers
            #expect(!leftovers.isEmpty)
            try Files.makeFolder("\(lodge.layout.networksFolder)/demo")
            try Files.move("\(lab.folder)/away", to: folder)
            for leftover in leftovers { try await lodge.removeLeftover(leftover) }
            #expect(try await lodge.defects(network) == [])
        }
    }

    @Test func aBridgeWithPortsIsNoLeftoverToDelete() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            _ = try await lodge.holdTaps(lodge.guest("web", on: network, number: 7))
            let path = lodge.layout.network(network.owner.fleet, network.name).definition
            try Files.remove(path)
            let leftovers = try await lodge.observe().leftovers
            #expect(leftovers.map(\.kind) == [.interface, .nftTable, .dhcpServer, .stateFolder])
            let error = await #expect(throws: CommandError.self) { try await lodge.removeLeftover(leftovers[0]) }
            #expect(error?.output.contains("in use by lodge:0a1b2c3d/demo/guest/web/eth0") == true)
            try await lodge.removeLeftover(leftovers[3])
            #expect(!Files.exists(leftovers[3].subject))
        }
    }

    @Test func tapsAndBridgesThatNobodyHoldsAreLeftovers() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let alias = "lodge:0a1b2c3d/demo/guest/web/eth0@0123456789ab"
            try await lab.ip(["tuntap", "add", "lgtaaaaaaaaaa", "mode", "tap"])
            try await lab.ip(["link", "set", "lgtaaaaaaaaaa", "alias", alias, "up"])
            try await lab.ip(["link", "add", "lgbaaaaaaaaaa", "group", "1243294781", "type", "bridge"])
            // Not ours: another instance's group, another instance's mark, nobody's.
            try await lab.ip(["link", "add", "lgbbbbbbbbbbb", "group", "77", "type", "bridge"])
            try await lab.ip(["link", "add", "lgbcccccccccc", "group", "1243294781", "type", "bridge"])
            try await lab.ip(["link", "set", "lgbcccccccccc", "alias", "lodge:ffffffff/demo/network/lan"])
            try await lab.ip(["link", "add", "br0", "type", "bridge"])
            let leftovers = try await lodge.observe().leftovers
            #expect(Set(leftovers.map(\.subject)) == ["lgtaaaaaaaaaa", "lgbaaaaaaaaaa"])
            for leftover in leftovers { try await lodge.removeLeftover(leftover) }
            #expect(try await lodge.observe().leftovers.isEmpty)
            let links = try await lab.ip(["-o", "link"])
            for name in ["lgbbbbbbbbbbb", "lgbcccccccccc", "br0"] { #expect(links.contains(name)) }
        }
    }

    @Test func severalNetworksAreObservedAtOnce() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            for number in 1...4 {
                try await lodge.ensure(lodge.network("net-\(number)", subnet: "10.99.\(number).0/24"))
            }
            let observation = try await lodge.observe()
            #expect(observation.networks.count == 4)
            #expect(observation.networks.allSatisfy { $0.defects.isEmpty })
        }
    }
}
