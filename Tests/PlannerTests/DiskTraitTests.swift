import FleetModel
import Planner
import SimulatedHost
import Testing

/// How disks are kept and attached, what is kept of destroyed guests, and what a host's storage has to hold.
@Suite struct DiskTraitTests {
    @Test func anotherWayToADiskIsARestart() throws {
        let changes: [(String, (inout DesiredDisk) -> Void)] = [
            ("bus", { $0.bus = .scsi }), ("cache", { $0.cache = .none }), ("aio", { $0.aio = .ioUring }),
            ("discard", { $0.discard = .ignore }), ("ioThread", { $0.hasIOThread = true }),
        ]
        for (path, change) in changes {
            var fleet = try GuestFleet()
            change(&fleet.guest.disks[1])
            #expect(try fleet.field("disks.data.\(path)").impact == .restart)
            try fleet.apply()
        }
    }

    @Test func anotherFormatIsAnotherFile() throws {
        var fleet = try GuestFleet()
        fleet.guest.disks[1].format = .raw
        #expect(try fleet.field("disks.data.format").impact == .destroy)
        fleet.guest.disks[1].format = .qcow2
        fleet.guest.disks[0].format = .raw
        #expect(try fleet.change().impact == .replace)
        try fleet.apply()
    }

    /// A SATA disk takes no PCI port, and none comes or goes while its guest runs.
    @Test func onlySomeBusesTakeHotPlug() throws {
        var fleet = try GuestFleet()
        for index in 0..<6 {
            fleet.guest.disks.append(DesiredDisk(name: name("s\(index)"), size: .gib(1), bus: .scsi))
        }
        #expect(try fleet.change().impact == .live)
        try fleet.apply()
        #expect(fleet.live.freePorts == 4)
        fleet.guest.disks.append(DesiredDisk(name: name("old"), size: .gib(1), bus: .sata))
        #expect(try fleet.field("disks.old").impact == .restart)
        try fleet.apply()
        fleet.guest.disks.removeLast()
        #expect(try fleet.field("disks.old").impact == .restart)
        try fleet.apply()
    }

    @Test func whatAHostCannotDoIsRefused() throws {
        var fleet = try GuestFleet()
        fleet.facts.ioUringFault = "the kernel forbids it"
        fleet.facts.directIOFault = "its file system takes no O_DIRECT"
        try fleet.apply()
        fleet.guest.disks[1].aio = .ioUring
        #expect(fleet.plan().refusals.map(\.code) == ["io-uring-not-available"])
        fleet.guest.disks[1].aio = .threads
        fleet.guest.disks[1].cache = .directsync
        #expect(fleet.plan().refusals.map(\.code) == ["direct-io-not-available"])
    }

    // MARK: Kept disks

    private func keeping() throws -> GuestFleet {
        try GuestFleet { $0.disks[1].onDestroy = .keep }
    }

    @Test func aDestroyedGuestsDiskIsAttachedAgain() throws {
        var fleet = try keeping()
        let guest = fleet.desired.guests.removeFirst()
        let causes = try fleet.change().causes
        #expect(causes.contains("keeps disk data (1GiB)"), "\(causes)")
        try fleet.apply()
        let kept = try #require(fleet.host.retained.first)
        #expect(kept.name == name("web") && kept.disks == [KeptDisk(name: name("data"), size: .gib(1))])
        #expect(fleet.plan().capacity[0].before.disk == .gib(1))

        fleet.desired.guests = [guest]
        let change = try fleet.change()
        #expect(change.action == .create)
        #expect(change.causes == ["disk data was kept of a guest of this name (1GiB), and is attached again"])
        let made = fleet.plan().steps.compactMap { step -> [Name]? in
            if case .defineGuest(let definition) = step.operation { definition.pendingDisks } else { nil }
        }
        #expect(made == [[name("root")]])
        try fleet.apply()
        #expect(fleet.host.retained.isEmpty)
    }

    /// What was detached with its data is kept with the guest's destruction, too; what goes elsewhere is not.
    @Test func aDetachedDiskIsKeptAsWell() throws {
        var fleet = try keeping()
        fleet.guest.disks.removeLast()
        try fleet.apply()
        fleet.desired.guests = []
        try fleet.apply()
        #expect(fleet.host.retained.map { $0.disks.map(\.name) } == [[name("data")]])
    }

    @Test func nothingIsKeptThatNobodyAskedFor() throws {
        var fleet = try GuestFleet()
        fleet.desired.guests = []
        try fleet.apply()
        #expect(fleet.host.retained.isEmpty)
    }

    @Test func anotherFleetOrAnotherDiskDoesNotTakeIt() throws {
        var fleet = try keeping()
        let guest = fleet.desired.guests.removeFirst()
        try fleet.apply()
        fleet.desired.guests = [guest]
        fleet.desired.guests[0].disks[1].format = .raw
        #expect(fleet.plan().refusals.map(\.code) == ["kept-disk-differs"])
        fleet.desired.guests[0].disks[1] = DesiredDisk(name: name("data"), size: .mib(1))
        #expect(fleet.plan().refusals.map(\.code) == ["kept-disk-differs"])
        fleet.desired.guests[0].disks[1] = guest.disks[1]
        fleet.desired.name = name("other")
        #expect(try fleet.change().causes.isEmpty)
    }

    @Test func destroyDeletesKeptDisksWhereItIsAskedTo() throws {
        var fleet = try keeping()
        var options = PlanOptions()
        options.deletesKept = true
        func destroy() -> Plan {
            makeDestroyPlan(fleet: name("demo"), hosts: observe(fleet.hosts), options: options)
        }
        // Of a guest that is there still: at once.
        var hosts = fleet.hosts
        let all = destroy()
        try perform(all.steps, of: all, on: &hosts)
        #expect(hosts[GuestFleet.host]!.live.retained.isEmpty && hosts[GuestFleet.host]!.live.cache.isEmpty)
        // Of one that is gone: as an object of the plan, with the image under it.
        fleet.guest.disks[0].onDestroy = .keep
        try fleet.apply()
        fleet.desired.guests = []
        try fleet.apply()
        #expect(makeDestroyPlan(fleet: name("demo"), hosts: observe(fleet.hosts)).isEmpty)
        let rest = destroy()
        #expect(rest.changes.map(\.impact) == [.destroy])
        #expect(rest.capacity[0].after.disk == .zero)
        hosts = fleet.hosts
        try perform(rest.steps, of: rest, on: &hosts)
        #expect(hosts[GuestFleet.host]!.live.retained.isEmpty && hosts[GuestFleet.host]!.live.cache.isEmpty)
        #expect(makeDestroyPlan(fleet: name("demo"), hosts: observe(hosts)).isEmpty)
    }

    @Test func aGuestIsNotRenamedOntoKeptDisks() throws {
        var fleet = try keeping()
        var guest = fleet.desired.guests.removeFirst()
        try fleet.apply()
        guest.name = name("other")
        fleet.desired.guests = [guest]
        try fleet.apply()
        fleet.guest.formerly = name("other")
        fleet.guest.name = name("web")
        #expect(fleet.plan().refusals.map(\.code) == ["kept-disks-in-the-way"])
    }

    /// QEMU resizes such a disk, but its system looks at the size once.
    @Test func aDiskWithoutHotPlugGrowsByARestart() throws {
        var fleet = try GuestFleet()
        fleet.desired.guests[0].disks[1].bus = .sata
        try fleet.apply()
        fleet.guest.disks[1].size = .gib(3)
        #expect(try fleet.field("disks.data.size").impact == .restart)
        #expect(fleet.plan().refusals.isEmpty)
    }

    // MARK: Storage

    /// 50 GiB are free.
    @Test func aReserveIsNotPlannedAway() throws {
        var fleet = try GuestFleet()
        fleet.desired.hosts[0].policy.reservedDisk = .gib(60)
        #expect(fleet.plan().isEmpty, "what adds nothing is not refused")
        fleet.guest.disks[1].size = .gib(2)
        #expect(fleet.plan().refusals.map(\.code) == ["capacity-disk"])
        fleet.desired.hosts[0].policy.reservedDisk = .gib(40)
        #expect(fleet.plan().refusals.isEmpty)
        // A raw disk is filled at once.
        let file = fleet.desired.images[0].file
        fleet.desired.images[0].file = LocalFile(path: file.path, digest: file.digest, size: .gib(11))
        fleet.clear()
        #expect(fleet.plan().refusals.map(\.code) == ["capacity-disk"])
        fleet.desired.images[0].file = LocalFile(path: file.path, digest: file.digest, size: .gib(6))
        #expect(fleet.plan().refusals.isEmpty)
        fleet.guest.disks[0].format = .raw
        let refusal = try #require(fleet.plan().refusals.first)
        #expect(refusal.detail?.contains("(50GiB free - 40GiB reserved)") == true, "\(refusal.detail ?? "")")
        #expect(refusal.detail?.contains("disk root of guest.web") == true, "\(refusal.detail ?? "")")
    }
}
