import FleetModel
import HostSystem
import TestSupport
import Testing

/// Every part of a network that somebody may take away is missed and made again.
@Suite(.needsNetworkLab) struct NetworkRepairTests {
    /// What is done to the host, and what has to be seen then.
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var defects: [LiveNetwork.Defect]
        /// `BR`, `TABLE` and `RUN` stand for the bridge, the table and the run folder.
        var commands: [String]
    }

    static let damages = [
        Damage(testDescription: "bridge deleted", defects: [.bridgeMissing], commands: ["ip link delete BR"]),
        Damage(
            testDescription: "bridge deleted and made again by hand", defects: [.addressMissing, .dhcpOutdated],
            commands: [
                "ip link delete BR", "ip link add BR type bridge",
                "ip link set BR alias lodge:0a1b2c3d/demo/network/lan",
                "ip link set BR up",
            ]),
        Damage(
            testDescription: "alias removed", defects: [.bridgeMissing],
            commands: ["echo > /sys/class/net/BR/ifalias"]),
        Damage(testDescription: "bridge down", defects: [.bridgeDown], commands: ["ip link set BR down"]),
        Damage(
            testDescription: "another MTU", defects: [.mtuWrong], commands: ["ip link set BR mtu 1400"]),
        Damage(testDescription: "address removed", defects: [.addressMissing], commands: ["ip addr flush dev BR"]),
        Damage(
            testDescription: "address with another prefix", defects: [.addressMissing],
            commands: ["ip addr flush dev BR", "ip addr add 10.99.1.1/16 dev BR"]),
        Damage(
            testDescription: "a second address", defects: [.addressMissing],
            commands: ["ip addr add 10.99.1.9/24 dev BR"]),
        Damage(
            testDescription: "table deleted", defects: [.rulesMissing], commands: ["nft delete table inet TABLE"]),
        Damage(testDescription: "table flushed", defects: [.rulesMissing], commands: ["nft flush table inet TABLE"]),
        Damage(
            testDescription: "chain flushed", defects: [.rulesMissing], commands: ["nft flush chain inet TABLE forward"]
        ),
        Damage(
            testDescription: "rule added", defects: [.rulesMissing],
            commands: ["nft insert rule inet TABLE forward accept"]),
        Damage(testDescription: "all rules flushed", defects: [.rulesMissing], commands: ["nft flush ruleset"]),
        Damage(
            testDescription: "forwarding off", defects: [.forwardingOff],
            commands: ["echo 0 > /proc/sys/net/ipv4/ip_forward"]),
        Damage(
            testDescription: "reboot",
            defects: [.bridgeMissing, .rulesMissing, .dhcpNotRunning, .forwardingOff],
            commands: [
                "KILL", "rm -r RUN", "ip link delete BR", "nft flush ruleset",
                "echo 0 > /proc/sys/net/ipv4/ip_forward",
            ]),
        Damage(testDescription: "server killed", defects: [.dhcpNotRunning], commands: ["KILL"]),
        Damage(
            testDescription: "run folder deleted", defects: [.rulesMissing], commands: ["rm -r RUN"]),
    ]

    @Test(arguments: damages) func isSeenAndHealed(_ damage: Damage) async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            for command in damage.commands {
                if command == "KILL" {
                    await lab.endServer(of: network, in: lodge)
                    continue
                }
                let line = command.replacing("BR", with: network.bridge)
                    .replacing("TABLE", with: "lodge_\(lodge.id)_\(network.id)")
                    .replacing("RUN", with: lodge.layout.runFolder)
                try await lab.execute(["sh", "-c", line])
            }
            #expect(try await lodge.defects(network) == damage.defects)
            try await lodge.ensure(network)
            let observation = try await lodge.observe()
            #expect(observation.networks == [LiveNetwork(definition: network)])
            #expect(observation.leftovers.isEmpty)

            // Not only by its own account: a guest gets its address.
            let guest = lodge.guest("web", on: network, number: 7)
            try await lodge.reserve(guest, hostname: "web")
            let machine = try await lab.addMachine("web", mac: guest.spec.nics[0].mac, bridge: network.bridge)
            #expect(try await lab.lease(machine)?.address == "10.99.1.7")
        }
    }

    @Test func tapsAreAttachedAgainAfterTheirBridgeWasDeletedUnderThem() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            let other = lodge.network("dmz", subnet: "10.99.2.0/24")
            try await lodge.ensure(network)
            try await lodge.ensure(other)
            let guest = lodge.guest("web", on: network, number: 7)
            _ = try await lodge.holdTaps(guest)
            try await lab.ip(["link", "delete", network.bridge])
            #expect(try await lodge.defects(network) == [.bridgeMissing])
            try await lodge.ensure(other)
            try await lodge.ensure(network)
            #expect(try await lab.ip(["link", "show", lodge.tap(guest)]).contains("master \(network.bridge)"))
            #expect(try await lodge.defects(network) == [])

            try await lab.ip(["link", "set", lodge.tap(guest), "nomaster"])
            #expect(try await lodge.defects(network) == [.guestDetached])
            try await lodge.ensure(network)
            #expect(try await lodge.defects(network) == [])
        }
    }

    @Test func aBridgeThatLostItsMakerIsTakenOver() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            // What a run leaves that is killed between making the bridge and marking it.
            try await lab.ip(["link", "add", network.bridge, "group", "1243294781", "type", "bridge"])
            try await lodge.ensure(network)
            #expect(try await lodge.defects(network) == [])
        }
    }

    @Test func aForeignInterfaceWithTheSameNameIsNotTouched() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lab.ip(["link", "add", network.bridge, "type", "bridge"])
            try await lab.ip(["link", "set", network.bridge, "alias", "lodge:ffffffff/demo/network/lan"])
            let before = try await lab.ip(["-d", "link", "show", network.bridge])
            let error = await #expect(throws: CommandError.self) { try await lodge.ensure(network) }
            #expect(error?.output.contains("an interface of another owner has this name") == true)
            #expect(try await lodge.defects(network)?.first == .bridgeMissing)
            await #expect(throws: CommandError.self) { try await lodge.remove(network) }
            #expect(try await lab.ip(["-d", "link", "show", network.bridge]) == before)
        }
    }

    @Test func aServerThatCannotListenTellsWhy() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let blocker = try await lab.start([
                "dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--pid-file=", "--no-resolv", "--no-hosts",
            ])
            // Its TCP socket, which listens (state 0A): UDP ports can be shared.
            try await eventually { try await lab.execute(["cat", "/proc/net/tcp"]).contains(":0035 00000000:0000 0A") }
            let network = lodge.network()
            let error = await #expect(throws: CommandError.self) { try await lodge.ensure(network) }
            #expect(error?.output.contains("Address already in use") == true)
            #expect(try await lodge.defects(network) == [.dhcpNotRunning])
            await lab.end(blocker)
            try await lodge.ensure(network)
            #expect(try await lodge.defects(network) == [])
        }
    }

    /// With a folder of our own in place of `/usr/sbin`, for one process alone.
    @Test(arguments: [([], "nft", "nftables"), (["nft"], "dnsmasq", "dnsmasq-base")])
    func aMissingProgramIsNamedWithItsPackage(_ present: [String], _ missing: String, _ package: String) async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let folder = "\(lab.folder)/sbin"
            try Files.makeFolder(folder)
            for program in present { try await lab.execute(["cp", "/usr/sbin/\(program)", "\(folder)/\(program)"]) }
            let error = await #expect(throws: CommandError.self) {
                try await lodge.ensure(lodge.network(), programs: folder)
            }
            #expect(error?.output.contains("apt-get install \(package)") == true)
            #expect(error?.output.contains(missing) == true)
            try await lodge.ensure(lodge.network())
            #expect(try await lodge.defects(lodge.network()) == [])
        }
    }

    @Test func aStateFolderThatTheServerCannotReadIsRefused() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            try Files.makeFolder(lodge.layout.stateFolder)
            try Files.setMode(lodge.layout.stateFolder, 0o700)
            let error = await #expect(throws: CommandError.self) { try await lodge.ensure(lodge.network()) }
            #expect(error?.output.contains("chmod o+x \(lodge.layout.stateFolder)") == true)
        }
    }
}
