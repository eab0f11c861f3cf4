import FleetModel
import HostSystem
import TestSupport
import Testing

/// What a guest's interface may carry in a second, and where an interface goes that changes its network.
@Suite(.needsNetworkLab) struct RateTests {
    private func guest(_ lodge: LodgeInstance, _ network: NetworkDefinition, _ rate: Int64?) -> GuestDefinition {
        var guest = lodge.guest("web", on: network, number: 7)
        guest.spec.nics[0].bandwidth = rate.map { DataRate(bytesPerSecond: $0) }
        return guest
    }

    /// A bridge has its link-local address from its first port on.
    private func settle(_ lab: NetworkLab, _ lodge: LodgeInstance, _ guest: GuestDefinition) async throws {
        try await passing(lab, lodge, guest)
        try await lodge.release(guest)
        try await eventually { try await lab.ip(["-o", "addr"]).contains("inet6 fe80") }
    }

    /// Holds the taps until they have their limits, and lets go of them.
    private func passing(_ lab: NetworkLab, _ lodge: LodgeInstance, _ guest: GuestDefinition) async throws {
        let pid = try await lodge.holdTaps(guest)
        try await eventually { (try await lodge.observe().limits[lodge.tap(guest)] ?? [0, 0])[1] != 0 }
        await lab.end(pid)
        try await eventually { try await lab.ip(["-o", "link"]).contains(lodge.tap(guest)) == false }
    }

    @Test func aLimitComesChangesAndGoes() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let limited = guest(lodge, network, 2_500_000)
            try await settle(lab, lodge, limited)
            let before = try await lab.census()
            let tap = lodge.tap(limited)
            let pid = try await lodge.holdTaps(limited)
            try await eventually { try await lodge.observe().limits[tap]?.last == 2_500_000 }
            #expect(try await lodge.observe().limits == [tap: [2_500_000, 2_500_000]])
            for rate in [1 << 20, 3 << 10, 12_500_000_000] as [Int64] {
                try await lodge.limitTap(guest(lodge, network, rate))
                #expect(try await lodge.observe().limits == [tap: [rate, rate]])
            }
            for _ in 1...2 {
                try await lodge.limitTap(guest(lodge, network, nil))
                #expect(try await lodge.observe().limits.isEmpty)
            }
            await lab.end(pid)
            try await eventually { try await lab.census() == before }
        }
    }

    /// The table of a tap outlives it: it is the guest's as long as there is one, and a leftover after that.
    @Test func whatALimitedTapLeaves() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            let network = lodge.network()
            try await lodge.ensure(network)
            let limited = guest(lodge, network, 1_000_000)
            try await settle(lab, lodge, limited)
            let before = try await lab.census()
            let definition = lodge.layout.guest(limited.owner.fleet, limited.name).definition
            try Files.makeFolder(Files.folder(of: definition))
            try JSONFile.write(limited, to: definition)
            try await passing(lab, lodge, limited)
            #expect(try await lodge.observe().leftovers.isEmpty)

            // A later tap of the same name without a limit has none.
            let free = guest(lodge, network, nil)
            let pid = try await lodge.holdTaps(free)
            #expect(try await lodge.observe().limits.isEmpty)
            await lab.end(pid)

            try await passing(lab, lodge, limited)
            try Files.removeTree("\(lodge.layout.stateFolder)/guests")
            try await eventually { try await lodge.observe().leftovers.count == 1 }
            let leftover = try await lodge.observe().leftovers[0]
            #expect(leftover.kind == .nftTable && leftover.subject == "lodge_0a1b2c3d_\(lodge.tap(limited))")
            #expect(leftover.fleet == limited.owner.fleet && leftover.proof.contains(limited.mark))
            try await lodge.removeLeftover(leftover)
            #expect(try await lodge.observe().leftovers.isEmpty)
            try await eventually { try await lab.census() == before }

            // A guest that is released, or defined without its limit, takes the table along.
            try await passing(lab, lodge, limited)
            try await lodge.release(limited)
            try await eventually { try await lab.census() == before }
        }
    }

    @Test func aTapChangesItsNetwork() async throws {
        try await NetworkLab.run { lab in
            let lodge = LodgeInstance(lab)
            var networks = [lodge.network("lan"), lodge.network("dmz", subnet: "10.99.2.0/24")]
            networks[1].spec.mtu = 1400
            for network in networks { try await lodge.ensure(network) }
            let guest = lodge.guest("web", on: networks[0], number: 7)
            let pid = try await lodge.holdTaps(guest)
            let moved = lodge.guest("web", on: networks[1], number: 7)
            for _ in 1...2 { try await lodge.moveTap(moved) }
            let link = try await lab.ip(["-d", "link", "show", lodge.tap(guest)])
            #expect(link.contains("master \(networks[1].bridge)") && link.contains("@\(networks[1].id)"))
            for network in networks { #expect(try await lodge.defects(network) == []) }
            try await lodge.remove(networks[0])
            // Where it is now, it belongs.
            try await lab.ip(["link", "set", lodge.tap(guest), "nomaster"])
            #expect(try await lodge.defects(networks[1]) == [.guestDetached])
            try await lodge.ensure(networks[1])
            #expect(try await lodge.defects(networks[1]) == [])
            await lab.end(pid)
        }
    }
}
