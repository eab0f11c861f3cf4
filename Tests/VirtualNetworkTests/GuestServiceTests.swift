import FleetModel
import Glibc
import HostSystem
import Testing

/// What guests get from their network: address, names, and that others do not.
@Suite(.needsNetworkLab) struct GuestServiceTests {
    @Test func aGuestGetsItsReservedAddressAndNames() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let guest = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(guest, hostname: "www")
            let census = try await lab.census()
            try await lodge.reserve(guest, hostname: "www")
            #expect(try await lab.census() == census)

            let machine = try await lab.addMachine("web", mac: guest.spec.nics[0].mac, bridge: network.bridge)
            let lease = try await lab.lease(machine)
            #expect(lease == ObtainedLease(address: "10.99.1.7", router: "10.99.1.1", domain: "demo.internal"))
            try await lab.address(machine, "10.99.1.7/24")
            for name in ["web", "www", "web.demo.internal", "www.demo.internal"] {
                #expect(try await lab.resolve(name, by: "10.99.1.1", in: machine) == "10.99.1.7")
            }
            #expect(try await lab.resolve("nobody.demo.internal", by: "10.99.1.1", in: machine) == nil)
        }
    }

    @Test func anUnknownMachineGetsNoAddress() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            try await lodge.reserve(lodge.guest("web", on: network, number: 7), hostname: "web")
            let stranger = try await lab.addMachine(
                "x", mac: MACAddress(bits: 0x5254_0000_00FF), bridge: network.bridge)
            #expect(try await lab.lease(stranger) == nil)
        }
    }

    @Test func releaseForgetsLeaseAndNamesAndKeepsTheServerRunning() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let web = lodge.guest("web", on: network, number: 7)
            let db = lodge.guest("db", on: network, number: 8)
            try await lodge.reserve(web, hostname: "www")
            try await lodge.reserve(db, hostname: "db")
            let machine = try await lab.addMachine("web", mac: web.spec.nics[0].mac, bridge: network.bridge)
            #expect(try await lab.lease(machine)?.address == "10.99.1.7")
            try await lab.address(machine, "10.99.1.7/24")
            #expect(try await lab.resolve("web", by: "10.99.1.1", in: machine) == "10.99.1.7")
            let server = lodge.server(network)

            try await lodge.release(web)
            #expect(lodge.server(network) == server)
            for name in ["web", "www", "web.demo.internal"] {
                #expect(try await lab.resolve(name, by: "10.99.1.1", in: machine) == nil)
            }
            #expect(try await lab.resolve("db", by: "10.99.1.1", in: machine) == "10.99.1.8")
            #expect(try await lab.lease(machine) == nil)
            #expect(Files.text(lodge.layout.network(network.owner.fleet, network.name).leases) == "")
            try await lodge.release(web)

            // Its address is free for the next guest at once.
            let next = lodge.guest("next", on: network, number: 7)
            try await lodge.reserve(next, hostname: "next")
            #expect(try await lab.lease(machine)?.address == "10.99.1.7")
        }
    }

    @Test func releaseStrikesOutTheLeaseOfAServerThatIsDown() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let web = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(web, hostname: "web")
            let machine = try await lab.addMachine("web", mac: web.spec.nics[0].mac, bridge: network.bridge)
            #expect(try await lab.lease(machine) != nil)
            await lab.endServer(of: network, in: lodge)
            try await lodge.release(web)
            #expect(Files.text(lodge.layout.network(network.owner.fleet, network.name).leases) == "")
            #expect(try await lodge.defects(network) == [.dhcpNotRunning])
        }
    }

    @Test func aChangedAddressAndNameReplaceTheOldOnes() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            var web = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(web, hostname: "old")
            let machine = try await lab.addMachine("web", mac: web.spec.nics[0].mac, bridge: network.bridge)
            #expect(try await lab.lease(machine)?.address == "10.99.1.7")
            web.spec.nics[0].ipv4 = IPv4Address(parsing: "10.99.1.9")!
            try await lodge.reserve(web, hostname: "new")
            #expect(try await lab.lease(machine)?.address == "10.99.1.9")
            try await lab.address(machine, "10.99.1.9/24")
            #expect(try await lab.resolve("new", by: "10.99.1.1", in: machine) == "10.99.1.9")
            #expect(try await lab.resolve("old", by: "10.99.1.1", in: machine) == nil)

            web.spec.nics = []
            try await lodge.reserve(web, hostname: "new")
            #expect(try await lab.lease(machine) == nil)
            #expect(try await lab.resolve("new", by: "10.99.1.1", in: machine) == nil)
        }
    }

    /// The server gives no machine an address that another holds: a lease of the MAC address that a NIC had has to end,
    /// though the server does not hear of it.
    @Test func anAddressPassesToAnotherMAC() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            var web = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(web, hostname: "web")
            let machine = try await lab.addMachine("web", mac: web.spec.nics[0].mac, bridge: network.bridge)
            #expect(try await lab.lease(machine)?.address == "10.99.1.7")

            let server = try #require(lodge.server(network))
            kill(server, SIGSTOP)
            web.spec.nics[0].mac = MACAddress(bits: 0x5254_0000_0099)
            try await lodge.reserve(web, hostname: "web")
            #expect(try await lodge.defects(network) == [])
            try await lab.ip(["link", "set", "eth0", "address", "\(web.spec.nics[0].mac)"], in: machine)
            #expect(try await lab.lease(machine)?.address == "10.99.1.7")
        }
    }

    @Test func aChangeThatTheServerWasNotToldOfIsSeenAndFinished() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let web = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(web, hostname: "web")
            let machine = try await lab.addMachine("web", mac: web.spec.nics[0].mac, bridge: network.bridge)
            #expect(try await lab.lease(machine) != nil)
            // What a release leaves that is killed before its last effects.
            let folder = lodge.layout.network(network.owner.fleet, network.name)
            try DurableFile.write([], to: "\(folder.path)/reload.pending")
            try Files.remove("\(folder.names)/\(web.id)-eth0")
            try Files.remove("\(folder.reservations)/\(web.id)-eth0")
            #expect(try await lodge.defects(network) == [.rulesMissing, .dhcpOutdated])
            try await lodge.ensure(network)
            #expect(try await lodge.defects(network) == [])
            #expect(Files.text(folder.leases) == "")
            #expect(try await lab.lease(machine) == nil)
        }
    }

    @Test func aHostNameThatIsNoneIsRefused() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let web = lodge.guest("web", on: network, number: 7)
            let error = await #expect(throws: CommandError.self) {
                try await lodge.reserve(web, hostname: "web\n10.99.1.1 bank")
            }
            #expect(error?.output.contains("is no host name") == true)
        }
    }

    @Test func aProbeIsAnsweredByTheRightMachineAlone() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let nic = lodge.guest("web", on: network, number: 7).spec.nics[0]
            #expect(try await lodge.answers(nic) == false)
            let machine = try await lab.addMachine("web", mac: nic.mac, bridge: network.bridge)
            #expect(try await lodge.answers(nic) == false)
            try await lab.address(machine, "10.99.1.7/24")
            #expect(try await lodge.answers(nic) == true)
            #expect(try await lodge.answers(nic) == true)

            var other = nic
            other.mac = MACAddress(bits: 0x5254_0000_00FF)
            #expect(try await lodge.answers(other) == false)
            // The kernel still has the entry, but nobody is there to confirm it.
            try await lab.ip(["link", "set", "eth0", "down"], in: machine)
            #expect(try await lodge.answers(nic) == false)
        }
    }

    @Test func aTapBelongsToItsBridgeAndSaysWhose() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            let guest = lodge.guest("web", on: network, number: 7)
            let error = await #expect(throws: CommandError.self) { try await lodge.tryTaps(guest) }
            #expect(error?.output.contains("of network lan is missing; apply the network") == true)

            try await lodge.ensure(network)
            let holder = try await lodge.holdTaps(guest)
            let tap = try await lab.ip(["-d", "link", "show", lodge.tap(guest)])
            #expect(tap.contains("master \(network.bridge)"))
            #expect(tap.contains("group 1243294781"))
            #expect(tap.contains("alias lodge:0a1b2c3d/demo/guest/web/eth0@\(network.id)"))
            #expect(tap.contains(",UP"))
            #expect(try await lodge.observe().leftovers.isEmpty)
            // A second holder is refused, and the first one keeps it.
            await #expect(throws: CommandError.self) { try await lodge.tryTaps(guest) }

            try await lodge.renameTaps(of: guest, to: "shop")
            let renamed = try await lab.ip(["link", "show", lodge.tap(guest)])
            #expect(renamed.contains("alias lodge:0a1b2c3d/demo/guest/shop/eth0@\(network.id)"))
            await lab.end(holder)
            await #expect(throws: CommandError.self) { try await lab.ip(["link", "show", lodge.tap(guest)]) }
        }
    }
}
