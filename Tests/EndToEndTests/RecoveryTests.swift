import FleetModel
import Glibc
import HostSystem
import QMP
import Testing

/// Killed anywhere, an apply leaves what the next plan sees and the next apply heals.
@Suite(.serialized, .needsHost) struct KilledApplyTests {
    enum Victim: String, CaseIterable { case client, agent, guests }

    /// How many moments are tried, evenly over the time that an apply takes on this machine now.
    static let moments = 8

    @Test(arguments: Victim.allCases) func killedAtAnyMoment(_ victim: Victim) async throws {
        try await Lab.run { lab in
            let fleet = try await Fleet.three(in: lab)
            let before = try await lab.census()
            try await lab.expectConverges(fleet)
            #expect(try await lab.destroy(fleet).code == 0)
            try lab.recallProbe()
            let start = ContinuousClock.now
            #expect(try await lab.apply(fleet).code == 0)
            let length = start.duration(to: .now)
            #expect(try await lab.destroy(fleet).code == 0)

            var interrupted = 0
            for moment in 0..<Self.moments {
                let delay = length * moment / Self.moments
                try lab.recallProbe()
                let run = try lab.startApply(fleet)
                if victim == .guests {
                    // There is nothing to kill before the first of them runs; from then on, one moment after the other.
                    _ = await eventually { !lab.processes(with: "qemu-system", "-pidfile").isEmpty }
                    try await Task.sleep(for: .milliseconds(10 * moment))
                } else {
                    try await Task.sleep(for: delay)
                }
                strike(victim, of: run, in: lab)
                let killed = try await run.result()
                if killed.code != 0 { interrupted += 1 }
                if victim == .agent, killed.code != 0 {
                    #expect(killed.code == 1 && killed.says("agent"), "the client says what happened: \(killed)")
                }
                try await expectRecovery(fleet, lab, after: "\(delay)")
                try await lab.expect(before)
            }
            #expect(interrupted > 0, "no apply was killed before its end")
        }
    }

    private func strike(_ victim: Victim, of run: LodgeRun, in lab: Lab) {
        switch victim {
        case .client: run.signal(SIGKILL)
        case .agent: for agent in lab.agents { kill(agent.pid, SIGKILL) }
        case .guests: for guest in lab.processes(with: "qemu-system", "-pidfile") { kill(guest.pid, SIGKILL) }
        }
    }

    /// The plan tells the truth: what it wants is enough. Then everything goes.
    private func expectRecovery(_ fleet: Fleet, _ lab: Lab, after moment: String) async throws {
        let plan = try await lab.plan(fleet)
        #expect([0, 2].contains(plan.code), "after \(moment): \(plan)")
        let apply = try await lab.startApply(fleet, "--lock-timeout", "60s").result()
        #expect(apply.code == 0, "after \(moment): \(apply)")
        try await lab.expectNoChanges(fleet)
        for address in Fleet.threeAddresses {
            #expect(await lab.pings(address), "\(address) does not answer, after \(moment)")
        }
        let destroy = try await lab.destroy(fleet)
        #expect(destroy.code == 0, "after \(moment): \(destroy)")
    }

    /// The plan that follows names what is missing, and nothing else.
    @Test func killedDestroy() async throws {
        try await Lab.run { lab in
            let fleet = try await Fleet.three(in: lab)
            let before = try await lab.census()
            for moment in [100, 150, 200, 250, 300] {
                try lab.recallProbe()
                try await lab.expectConverges(fleet)
                let run = try lab.start(["destroy", "-f", try lab.write(fleet), "--auto-approve"])
                try await Task.sleep(for: .milliseconds(moment))
                for agent in lab.agents { kill(agent.pid, SIGKILL) }
                _ = try await run.result()
                let plan = try await lab.plan(fleet)
                #expect([0, 2].contains(plan.code), "after \(moment) ms: \(plan)")
                let destroy = try await lab.destroy(fleet)
                #expect(destroy.code == 0, "after \(moment) ms: \(destroy)")
                try await lab.expect(before)
            }
        }
    }
}

/// What goes wrong on a host while Lodge is not there.
@Suite(.serialized, .needsHost) struct DriftTests {
    @Test func everyDefectIsSeenAndHealed() async throws {
        try await Lab.run { lab in
            let fleet = try await Fleet.three(in: lab)
            try await lab.expectConverges(fleet)
            let pids = (try await lab.pid("web-2"), try await lab.pid("web-3"))
            let bridge = try #require(try await lab.bridges().first)

            try await lab.end(try await lab.pid("web-1"))
            try await expectHealed(fleet, lab, "guest.web-1 will be updated", "it is not running")
            #expect(try await lab.pid("web-2") == pids.0, "the other guests are not touched")

            try await lab.end(try #require(lab.dhcpServers.first).pid)
            try await expectHealed(fleet, lab, "network.lan will be updated", "DHCP and DNS server does not run")

            try await lab.execute("nft", "flush", "ruleset")
            try await expectHealed(fleet, lab, "network.lan will be updated", "nftables rules are missing")

            try await lab.ip("addr", "flush", "dev", bridge)
            try await expectHealed(fleet, lab, "network.lan will be updated", "address")

            try await lab.ip("link", "set", bridge, "down")
            try await expectHealed(fleet, lab, "network.lan will be updated", "down")

            try await lab.execute("busybox", "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
            try await expectHealed(fleet, lab, "network.lan will be updated", "does not forward")

            try await files(fleet, lab)
            try await cable(fleet, lab)

            try await lab.ip("link", "delete", bridge)
            try await expectHealed(fleet, lab, "network.lan will be updated", "its bridge is missing")
            #expect(try await lab.pid("web-3") == pids.1, "running guests are plugged in again, not restarted")
            #expect(try await lab.destroy(fleet).code == 0)
        }
    }

    /// A NIC whose cable is pulled, and a tap that is switched off.
    private func cable(_ fleet: Fleet, _ lab: Lab) async throws {
        let definition = try await lab.guest("web-2").definition
        let nic = try #require(definition.spec.nics.first)
        let session = try await lab.monitor(of: "web-2")
        _ = try await session.execute(SetLink("nic-\(nic.name)", up: false))
        session.close()
        try await expectHealed(
            fleet, lab, "guest.web-2 will be updated", "the cable of NIC \(nic.name) is pulled")
        #expect(await lab.pings("\(nic.ipv4)"))

        let tap = InterfaceName.tap(definition.owner.instance, guest: definition.id, nic: nic.name)
        try await lab.ip("link", "set", tap, "down")
        try await expectHealed(fleet, lab, "network.lan will be updated", "a guest's interface is switched off")
        #expect(await lab.pings("\(nic.ipv4)"))
    }

    /// What the DHCP and DNS server reads: guests' definitions say what is to be there.
    private func files(_ fleet: Fleet, _ lab: Lab) async throws {
        let network = try #require(try await lab.live().networks.first).definition
        let folder = lab.layout.network(network.owner.fleet, network.name)
        let reservation = "\(folder.reservations)/\(try #require(try Files.list(folder.reservations).min()))"
        let name = "\(folder.names)/\(try #require(try Files.list(folder.names).max()))"
        let (reserved, named) = (Files.text(reservation), Files.text(name))
        let missing = "a reservation or a name of its guests is missing or changed"

        try DurableFile.write(Array("52:54:00:99:99:99,10.77.0.99\n".utf8), to: reservation)
        try await expectHealed(fleet, lab, "network.lan will be updated", missing)
        #expect(Files.text(reservation) == reserved)

        try Files.remove(reservation)
        try Files.remove(name)
        try DurableFile.write(Array("52:54:00:99:99:99,10.77.0.99\n".utf8), to: "\(folder.reservations)/foreign")
        try await expectHealed(fleet, lab, "network.lan will be updated", missing)
        #expect(Files.text(reservation) == reserved && Files.text(name) == named)
        #expect(!Files.exists("\(folder.reservations)/foreign"))

        let lease = "9999999999 52:54:00:99:99:99 10.77.0.16 foreign *\n"
        try Files.append(Array(lease.utf8), to: folder.leases)
        try await expectHealed(fleet, lab, "network.lan will be updated", "a lease that fits no reservation")
        #expect(Files.text(folder.leases)?.contains("foreign") == false)
    }

    /// A guest that its own system turned off, and one whose processors were stopped behind Lodge's back.
    @Test func guestsThatTurnedThemselvesOff() async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16)]
            try await lab.expectConverges(fleet)
            let off = try await lab.lodge("console", "web-1", input: "q")
            #expect(off.code == 0, "\(off)")
            #expect(try await eventually { try await lab.guest("web-1").state == .stopped })
            try await expectHealed(fleet, lab, "it is not running", addresses: ["10.77.0.16"])

            let pid = try await lab.pid("web-1")
            kill(pid, SIGSTOP)
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("does not answer"), "\(plan)")
            kill(pid, SIGCONT)
            try await lab.expectNoChanges(fleet)
            #expect(try await lab.destroy(fleet).code == 0)
        }
    }

    @Test func reboot() async throws {
        try await Lab.run { lab in
            let fleet = try await Fleet.three(in: lab)
            let before = try await lab.census()
            try await lab.expectConverges(fleet)
            let guests = try await lab.live().guests.map(\.definition)

            await lab.killEverything()
            await lab.deleteNamespace()
            try Files.removeTree(lab.runFolder)
            try await lab.addNamespace()
            try lab.recallProbe()

            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("Plan: 0 to add, 4 to change, 0 to destroy."), "\(plan)")
            for name in ["web-1", "web-2", "web-3"] { #expect(plan.says("guest.\(name) will be updated"), "\(plan)") }
            #expect(plan.says("it is not running", "its bridge is missing"), "\(plan)")
            try await lab.expectConverges(fleet)
            for address in Fleet.threeAddresses { #expect(await lab.pings(address)) }
            #expect(try await lab.live().guests.map(\.definition) == guests, "addresses and all else are the same")
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// The plan names the defect, the apply heals it, and every guest answers.
    private func expectHealed(
        _ fleet: Fleet, _ lab: Lab, _ words: String..., addresses: [String] = Fleet.threeAddresses,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let plan = try await lab.plan(fleet)
        #expect(plan.code == 2 && words.allSatisfy(plan.text.contains), "\(plan)", sourceLocation: sourceLocation)
        try await lab.expectConverges(fleet, sourceLocation: sourceLocation)
        for address in addresses {
            #expect(await lab.pings(address), "\(address) does not answer", sourceLocation: sourceLocation)
        }
    }
}
