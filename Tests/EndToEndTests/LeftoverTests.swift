import FleetModel
import Glibc
import HostSystem
import KVMExecutor
import Testing

/// What bears our mark and belongs to nothing is an item of the plan; what bears another's is not touched.
@Suite(.serialized, .needsHost) struct LeftoverTests {
    @Test func leftoversAreItemsOfThePlan() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = try await Fleet.three(in: lab)
            try await lab.expectConverges(fleet)
            let clean = try await lab.census()
            let orphan = try await lab.pid("web-3")
            let id = try await lab.guest("web-3").definition.id
            let instance = try await lab.live().facts.instance

            // A guest whose folder somebody removed by hand: its QEMU runs on. An interface with our mark. Files that
            // a copy left unfinished, and that nothing refers to.
            try Files.removeTree(lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-3")!).path)
            try await lab.ip("link", "add", "lgb0123456789", "type", "bridge")
            try await lab.ip("link", "set", "lgb0123456789", "alias", "lodge:\(instance)/e2e/network/gone")
            let half =
                "\(lab.layout.cacheFolder)/\(String(repeating: "ab", count: 32)).raw\(DurableFile.temporarySuffix)"
            let unused = "\(lab.layout.cacheFolder)/\(String(repeating: "cd", count: 32)).raw"
            for path in [half, unused] { try DurableFile.write([1, 2, 3], to: path) }

            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2, "\(plan)")
            for words in ["process \(orphan)", "interface lgb0123456789", half, unused, "\(id)"] {
                #expect(plan.says(words), "the plan does not name \(words): \(plan)")
            }
            #expect(plan.says("guest.web-3 will be created", "1 leftover", "Downtime and data loss"), "\(plan)")
            let limited = try await lab.startApply(fleet, "--max-impact", "live").result()
            #expect(limited.code == 3 && limited.says("--exclude leftover."), "\(limited)")
            // All that runs is counted: what is left over, and a guest whose record of its process is gone.
            let record = lab.layout.guestRun(try await lab.guest("web-2").definition.id).running
            let recorded = try Files.read(record)
            try Files.remove(record)
            let running = try GuestObserver(layout: lab.layout, instance: instance).processes()
            #expect(running.guests.map(\.definition.name.text).sorted() == ["web-1", "web-2"])
            #expect(running.strangers.contains { $0.pid == orphan })
            try DurableFile.write(recorded, to: record)
            let seen = try #require(try await lab.live().leftovers.first { $0.kind == .process })
            #expect(seen.process?.pid == orphan && (seen.process?.memory ?? .zero) > .mib(16))
            try await lab.expectConverges(fleet)
            #expect(ProcessTable.entry(orphan)?.isDead ?? true, "the orphan runs on")
            for address in Fleet.threeAddresses { #expect(await lab.pings(address)) }
            let healed = try await lab.census()
            #expect(healed.sections["interfaces"]?.count == clean.sections["interfaces"]?.count)
            #expect(!Files.exists(half) && !Files.exists(unused))

            // The process is on the network that goes.
            try Files.removeTree(lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-3")!).path)
            let destroyed = try await lab.destroy(fleet)
            #expect(destroyed.code == 0, "\(destroyed)")
            try await lab.expect(before)
        }
    }

    /// What a copy left that was cut off is removed before the copy is made again, which takes longer than to look.
    @Test func aCopyThatWasCutOff() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("large")]
            #expect(truncate("\(lab.folder)/large.raw", 512 << 20) == 0)
            fleet.guests = [Fleet.alone("web-1", ["disks: [{name: root, image: large, size: 512MiB}]"])]
            try await lab.expectConverges(fleet)
            let copy = try #require(try await lab.live().cache.first { $0.format == .raw && $0.size == .mib(512) })
            #expect(try await lab.destroy(fleet).code == 0)

            let half = lab.layout.cached(copy) + DurableFile.temporarySuffix
            try Files.makeFolder(lab.layout.cacheFolder)
            try DurableFile.write([1, 2, 3], to: half)
            try await lab.expectConverges(fleet)
            #expect(!Files.exists(half))
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func whatIsNotOursIsNotTouched() async throws {
        try await Lab.run { lab in
            // Names and places like ours, without our mark.
            try await lab.ip("link", "add", "lgb00000000ab", "type", "bridge")
            try await lab.ip("link", "add", "lgtdeadbeef01", "type", "veth", "peer", "name", "lgtdeadbeef02")
            try await lab.ip("link", "set", "lgtdeadbeef01", "alias", "lodge:ffffffff/e2e/guest/web-1/eth0")
            try await lab.execute("ip", "tuntap", "add", "dev", "lgt0123456789", "mode", "tap")
            try await lab.execute("nft", "add", "table", "inet", "lodge_ffffffff_0123456789ab")
            try await lab.execute("nft", "add", "table", "inet", "lodge")
            let before = try await lab.census()
            let fleet = try await Fleet.three(in: lab)
            let plan = try await lab.plan(fleet)
            #expect(plan.says("Plan: 5 to add, 0 to change, 0 to destroy."), "\(plan)")
            try await lab.expectConverges(fleet)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func twoFleetsShareAHost() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = try await Fleet.three(in: lab)
            var other = Fleet(name: "other", subnet: "10.78.0.0/24", range: "10.78.0.100-10.78.0.150")
            // The same names, the same image.
            other.images = fleet.images
            other.guests = [
                .init(
                    name: "web-1",
                    fields: [
                        "ready: {when: started}", "nics: [{name: eth0, network: lan}]",
                        "disks: [{name: root, image: blank, size: 8MiB}]",
                    ])
            ]
            try await lab.expectConverges(fleet)
            let alone = try await lab.census()
            try await lab.expectConverges(other)
            try await lab.expectNoChanges(fleet)
            let pid = try await lab.pid("web-1", fleet: "other")
            let status = try await lab.lodge("status")
            #expect(status.says("web-1", "web-3"), "\(status)")
            let ambiguous = try await lab.lodge("console", "web-1", input: "")
            #expect(ambiguous.code == 1 && ambiguous.says("e2e/web-1", "other/web-1"), "\(ambiguous)")

            // Removing one leaves the other and the image that both use.
            #expect(try await lab.destroy(other).code == 0)
            try await lab.expect(alone)
            try await lab.expectConverges(other)
            let again = try await lab.pid("web-1", fleet: "other")
            #expect(again != pid)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expectNoChanges(other)
            #expect(try await lab.pid("web-1", fleet: "other") == again)
            #expect(try await lab.destroy(other).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func twoInstancesShareAHost() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let neighbour = lab.neighbour()
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16)]
            // The same fleet and guest by name, in another state folder: a stranger.
            var other = Fleet(subnet: "10.78.0.0/24", range: "10.78.0.100-10.78.0.150")
            other.guests = [
                .init(name: "web-1", fields: ["ready: {when: started}", "nics: [{name: eth0, network: lan}]"])
            ]
            try await lab.expectConverges(fleet)
            let alone = try await lab.census()
            try await neighbour.expectConverges(other)
            try await lab.expectNoChanges(fleet)
            #expect(try await lab.pid("web-1") != neighbour.pid("web-1"))
            let pid = try await neighbour.pid("web-1")
            #expect(try await lab.live().strangers.contains { $0.pid == pid }, "it counts for capacity")
            let status = try await lab.lodge("status")
            #expect(!status.says("10.78.0."), "\(status)")
            #expect(try await neighbour.destroy(other).code == 0)
            try await lab.expect(alone)
            #expect(await lab.pings("10.77.0.16"))
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }
}
