import FleetModel
import Glibc
import HostSystem
import QMP
import Testing

/// NICs of a guest that runs: each change is looked at from inside the guest, too.
@Suite(.serialized, .needsHost) struct LiveNICTests {
    private static let address = "10.77.0.21"

    /// A second NIC on the network that the guest is on.
    private func second(_ lab: Lab) async throws -> NICSpec {
        var nic = try await lab.guest("web-1").definition.spec.nics[0]
        nic.name = Name(parsing: "eth1")!
        nic.mac = MACAddress(parsing: "52:54:00:00:00:21")!
        nic.ipv4 = IPv4Address(parsing: Self.address)!
        return nic
    }

    private func tap(_ lab: Lab, _ nic: String) async throws -> String {
        let definition = try await lab.guest("web-1").definition
        return InterfaceName.tap(definition.owner.instance, guest: definition.id, nic: Name(parsing: nic)!)
    }

    private func defects(_ lab: Lab) async throws -> [GuestDefect] { try await lab.guest("web-1").defects }

    private func hasLink(_ name: String, _ lab: Lab) async -> Bool {
        (try? await lab.ip("link", "show", name)) != nil
    }

    /// Impact row: guest.nics.add, guest.nics.remove, guest.nics.network.move, guest.nics.ipv4.move
    @Test func nicsComeMoveAndGo() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = OpenGuest.fleet()
            try await lab.expectConverges(fleet)

            try await arrival(lab)
            try await drift(lab)
            try await move(lab)
            try await departure(lab)

            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    private func arrival(_ lab: Lab) async throws {
        let nic = try await second(lab)
        #expect(try await lab.change("web-1", [.addNIC(nic)]) { $0.nics.append(nic) } == nil)
        #expect(await lab.pings(Self.address))
        #expect(try await lab.inside("cat /sys/class/net/eth1/address") == "\(nic.mac)\n")
        let guest = try await lab.guest("web-1")
        #expect(guest.process?.spec == guest.definition.spec && guest.defects.isEmpty)
        #expect(try await lab.live().networks.allSatisfy { $0.defects.isEmpty })
        // QEMU alone holds the taps.
        let name = try await tap(lab, "eth1")
        #expect(await hasLink(name, lab))
        let taps = ProcessTable.openFiles(of: try await lab.pid("web-1")).count { $0.hasSuffix("/net/tun") }
        #expect(taps == 2)
        #expect(try await lab.change("web-1", [.addNIC(nic)]) == nil, "twice is once")
        #expect(try await lab.inside("ls -d /sys/class/net/eth* | wc -l") == "2\n")
    }

    private func drift(_ lab: Lab) async throws {
        let nic = try await second(lab)
        try await lab.pull("nic-eth1", of: "web-1")
        #expect(try await defects(lab) == [.nicMissing(nic.name)])
        #expect(try await lab.change("web-1", [.addNIC(nic)]) == nil)
        #expect(await lab.pings(Self.address))
        #expect(try await defects(lab).isEmpty)
    }

    /// To another network and back: the guest asks for an address there, and is gone from where it was.
    private func move(_ lab: Lab) async throws {
        let live = try await lab.live()
        let lan = try #require(live.networks.first).definition
        var dmz = lan
        dmz.name = Name(parsing: "dmz")!
        dmz.id = ObjectID(kind: .network, fleet: lan.owner.fleet, name: dmz.name)
        let subnet = IPv4Subnet(parsing: "10.88.0.0/16")!
        dmz.spec = NetworkSpec(
            mode: .isolated, subnet: subnet, gateway: subnet.usable!.first,
            range: IPv4Range(parsing: "10.88.1.0-10.88.1.250")!)
        try await lab.perform(.ensureNetwork(dmz), on: dmz.name)

        let old = try await second(lab)
        var moved = old
        (moved.network, moved.networkID, moved.ipv4) = (dmz.name, dmz.id, IPv4Address(parsing: "10.88.0.21")!)
        #expect(try await lab.change("web-1", [.moveNIC(moved)]) { $0.nics[1] = moved } == nil)
        #expect(await lab.pings("10.88.0.21"), "the guest has the new address")
        #expect(try await lab.inside("ip -4 -o address show eth1 | grep -c 10.77").hasPrefix("0"))
        #expect(try await lab.inside("cat /sys/class/net/eth1/address") == "\(old.mac)\n", "the same NIC")
        let seen = try await lab.live()
        #expect(seen.networks.count == 2 && seen.networks.allSatisfy { $0.defects.isEmpty }, "\(seen.networks)")
        #expect(seen.guests[0].defects.isEmpty && seen.leftovers.isEmpty)
        let fleet = Name(parsing: "e2e")!
        let reserved = try Files.list(lab.layout.network(fleet, lan.name).reservations)
        #expect(reserved.count == 1, "the old address is free: \(reserved)")

        // A tap of a moved guest that loses its bridge is the new network's defect.
        try await lab.ip("link", "set", try await tap(lab, "eth1"), "nomaster")
        let broken = try await lab.live().networks.filter { !$0.defects.isEmpty }
        #expect(broken.map(\.definition.name) == [dmz.name] && broken.first?.defects == [.guestDetached])
        try await lab.perform(.ensureNetwork(dmz), on: dmz.name)
        #expect(await lab.pings("10.88.0.21"))

        try await lab.ip("link", "set", try await tap(lab, "eth1"), "down")
        #expect(try await lab.live().networks.flatMap(\.defects) == [.guestDown])
        try await lab.perform(.ensureNetwork(dmz), on: dmz.name)
        #expect(await lab.pings("10.88.0.21"))

        #expect(try await lab.change("web-1", [.moveNIC(old)]) { $0.nics[1] = old } == nil)
        #expect(await lab.pings(Self.address))
        try await withdrawal(of: moved, lab, bridge: dmz.bridge)
        try await lab.perform(.removeNetwork(dmz), on: dmz.name)
    }

    /// A move that is cut off while the cable is out is seen for what it left, against the record, which has the old
    /// network; the move back is made in full.
    private func withdrawal(of moved: NICSpec, _ lab: Lab, bridge: String) async throws {
        let old = try await second(lab)
        let name = try await tap(lab, "eth1")
        async let killing: Bool = {
            let isMoved = await eventually { (try? await lab.ip("link", "show", name))?.contains(bridge) == true }
            for agent in lab.agents { kill(agent.pid, SIGKILL) }
            return isMoved
        }()
        await #expect(throws: (any Error).self) {
            try await lab.change("web-1", [.moveNIC(moved)]) { $0.nics[1] = moved }
        }
        #expect(await killing)
        #expect(try await defects(lab) == [.nicMoved(old.name), .cablePulled(old.name)])
        #expect(try await lab.change("web-1", [.moveNIC(old)]) { $0.nics[1] = old } == nil)
        #expect(await lab.pings(Self.address))
        #expect(try await defects(lab).isEmpty)

        // The cable alone, pulled by somebody.
        let session = try await lab.monitor(of: "web-1")
        _ = try await session.execute(SetLink("nic-eth1", up: false))
        session.close()
        #expect(try await defects(lab) == [.cablePulled(old.name)])
        #expect(try await lab.change("web-1", [.moveNIC(old)]) == nil)
        #expect(await lab.pings(Self.address))
        #expect(try await defects(lab).isEmpty)
    }

    private func departure(_ lab: Lab) async throws {
        let nic = try await second(lab)
        let name = try await tap(lab, "eth1")
        #expect(try await lab.change("web-1", [.removeNIC(nic.name)]) { $0.nics.removeLast() } == nil)
        #expect(try await lab.inside("ls -d /sys/class/net/eth* | wc -l") == "1\n")
        #expect(await hasLink(name, lab) == false, "its tap goes with it")
        #expect(await lab.pings(OpenGuest.address))
        let guest = try await lab.guest("web-1")
        #expect(guest.defects.isEmpty && guest.freePorts == QEMUPorts.spare)
        let network = try #require(try await lab.live().networks.first)
        #expect(network.defects.isEmpty)
        let fleet = Name(parsing: "e2e")!
        let reserved = try Files.list(lab.layout.network(fleet, network.definition.name).reservations)
        #expect(reserved.count == 1, "\(reserved)")
        #expect(try await lab.change("web-1", [.removeNIC(nic.name)]) == nil, "twice is once")
    }

    /// What flows in a second, both ways, measured on whole transfers: a limit is a lower bound on their time.
    ///
    /// Impact row: guest.nics.bandwidth.any
    @Test func whatANICMayCarryInASecond() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = OpenGuest.fleet()
            try await lab.expectConverges(fleet)
            let limit = DataRate(bytesPerSecond: 1_000_000)
            let name = Name(parsing: "eth0")!
            let tap = try await tap(lab, "eth0")
            let table = "lodge_\(try await lab.live().facts.instance)_\(tap)"
            _ = try await lab.inside("dd if=/dev/zero of=/var/www/data bs=100k count=50 2>/dev/null")
            // A page that counts what it is sent.
            _ = try await lab.inside(
                """
                cd /var/www/cgi-bin; (echo '#!/bin/sh'; echo 'printf "Content-Type: text/plain\\r\\n\\r\\n"'
                echo 'wc -c') >count; chmod +x count
                """)
            let body = "\(lab.folder)/body"
            try DurableFile.write([UInt8](repeating: 0, count: 4_000_000), to: body)
            func seconds(_ path: String, _ bytes: Int, _ options: String = "") async throws -> Duration {
                let start = ContinuousClock.now
                let line = "curl -sS --fail --max-time 120 \(options) http://\(OpenGuest.address)/\(path)"
                let count = try await lab.execute("sh", "-c", options.isEmpty ? "\(line) | wc -c" : line)
                #expect(count == "\(bytes)\n", "the transfer is whole")
                return start.duration(to: .now)
            }
            let from = { try await seconds("data", 5_120_000) }
            let to = { try await seconds("cgi-bin/count", 4_000_000, "--data-binary @\(body)") }

            let change = LiveChange.limitNIC(name, limit)
            #expect(try await lab.change("web-1", [change]) { $0.nics[0].bandwidth = limit } == nil)
            #expect(try await defects(lab).isEmpty)
            // 5,120,000 bytes, of which a second's worth may pass at once.
            let download = try await from()
            #expect(download > .seconds(3), "5.12 MB from the guest at 1 MB/s took \(download)")
            // Some of it waits in buffers.
            let upload = try await to()
            #expect(upload > .seconds(2), "4 MB to the guest at 1 MB/s took \(upload)")

            // Each half alone is seen, and put back.
            try await lab.execute("nft", "delete", "table", "netdev", table)
            #expect(try await defects(lab) == [.limitChanged("NIC eth0")])
            #expect(try await lab.change("web-1", [change]) == nil)
            #expect(try await defects(lab).isEmpty)
            try await lab.execute("tc", "qdisc", "del", "dev", tap, "root")
            #expect(try await defects(lab) == [.limitChanged("NIC eth0")])
            #expect(try await lab.change("web-1", [change]) == nil)

            // From the start of a process, too; between two of them nothing is amiss.
            let guest = try await lab.guest("web-1").definition.reference
            try await lab.perform(.stopGuest(guest, grace: .seconds(60)), on: guest.name)
            #expect(try await lab.live().leftovers.isEmpty)
            try await lab.perform(.startGuest(guest), on: guest.name)
            #expect(try await defects(lab).isEmpty)
            #expect(try await lab.execute("tc", "qdisc", "show", "dev", tap).contains("tbf"))

            #expect(try await lab.change("web-1", [.limitNIC(name, nil)]) { $0.nics[0].bandwidth = nil } == nil)
            #expect(try await defects(lab).isEmpty)
            #expect(try await lab.execute("tc", "qdisc", "show", "dev", tap).contains("tbf") == false)
            #expect(try await lab.execute("nft", "list", "tables").contains(table) == false)

            // A limited guest that goes leaves nothing.
            #expect(try await lab.change("web-1", [change]) { $0.nics[0].bandwidth = limit } == nil)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// Killed at any moment of a change, an agent leaves what the next observation shows without calling it somebody
    /// else's doing, and the same change completes it.
    @Test func anAgentThatIsKilledAtIt() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = OpenGuest.fleet()
            try await lab.expectConverges(fleet)
            let nic = try await second(lab)
            let disk = DiskSpec(name: Name(parsing: "data")!, size: .mib(16))
            let plain = try await lab.guest("web-1").definition.spec
            var rich = plain
            rich.nics.append(nic)
            rich.disks.append(disk)
            let steps: [(GuestSpec, [LiveChange])] = [
                (rich, [.addNIC(nic), .addDisk(disk)]),
                (plain, [.removeDisk(disk.name, deletesFile: true), .removeNIC(nic.name)]),
            ]
            var interrupted = 0
            for moment in 0..<6 {
                for (spec, changes) in steps {
                    async let killing: Void = {
                        guard await eventually({ !lab.agents.isEmpty }) else { return }
                        try? await Task.sleep(for: .milliseconds(60 * moment + 20))
                        for agent in lab.agents { kill(agent.pid, SIGKILL) }
                    }()
                    let definition = try await guestDefinition(lab, spec)
                    do {
                        try await lab.perform(.changeGuest(definition, changes), on: definition.name)
                    } catch {
                        interrupted += 1
                    }
                    await killing
                    let seen = try await lab.guest("web-1")
                    #expect(seen.defects.isEmpty, "\(seen.defects) after \(moment)")
                    let remark = try await lab.perform(.changeGuest(definition, changes), on: definition.name)
                    #expect(remark == nil)
                    let healed = try await lab.guest("web-1")
                    #expect(healed.process?.spec == spec && healed.definition.spec == spec && healed.defects.isEmpty)
                    #expect(try await lab.live().leftovers.isEmpty)
                    if spec == rich { #expect(await lab.pings(Self.address)) }
                    try await lab.expectDisk("data", spec == rich)
                }
            }
            #expect(interrupted > 0, "no agent was killed before its end")
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    private func guestDefinition(_ lab: Lab, _ spec: GuestSpec) async throws -> GuestDefinition {
        let path = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).definition
        var definition = try JSONFile.read(GuestDefinition.self, from: path)
        definition.generation += 1
        definition.spec = spec
        return definition
    }
}
