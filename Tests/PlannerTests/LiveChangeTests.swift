import FleetModel
import Planner
import Testing

/// What a plan does to a guest while it runs, and where it cannot.
@Suite struct LiveChangeTests {
    @Test func eachFieldHasItsOwnChange() throws {
        var fleet = try GuestFleet()
        fleet.guest.cpus = 4
        fleet.guest.memory = .mib(512)
        fleet.guest.disks[1].size = .gib(3)
        fleet.guest.disks[1].iops = 500
        fleet.guest.nics[0].bandwidth = .megabits(100)
        fleet.guest.cloudInit?.userData = "#!/bin/sh"
        let changes = try fleet.apply()
        #expect(
            changes == [
                .setMemory(.mib(512)), .setCPUs(4), .growDisk(name("data"), to: .gib(3)),
                .limitDisk(name("data"), iops: 500, bandwidth: nil), .limitNIC(name("eth0"), .megabits(100)),
                .exchangeSeed, .record,
            ])
        #expect(fleet.live.process?.spec == fleet.live.definition.spec)
        #expect(fleet.live.process?.bootMemory == .mib(256))
    }

    @Test func aRestartTakesAllChangesWithIt() throws {
        var fleet = try GuestFleet()
        fleet.guest.cpus = 4
        fleet.guest.cpuModel = "Nehalem"
        #expect(try fleet.change().impact == .restart)
        #expect(try fleet.field("cpus").impact == .live)
        #expect(try fleet.field("cpus").note == nil)
        #expect(try fleet.apply().isEmpty)
    }

    @Test func fewerProcessorsNeedKVM() throws {
        var fleet = try GuestFleet(kvm: .unusable("no /dev/kvm"))
        fleet.guest.cpus = 1
        #expect(try fleet.field("cpus").impact == .restart)
        #expect(try fleet.field("cpus").note == "QEMU without KVM does not survive taking a CPU away")
        fleet.guest.cpus = 3
        #expect(try fleet.field("cpus").impact == .live)
    }

    @Test func microvmTakesNoHotPlug() throws {
        var fleet = try GuestFleet {
            $0.machine = .microvm
            $0.boot = .image(FleetGenerator.file("tiny"))
        }
        fleet.guest.memory = .mib(512)
        #expect(try fleet.field("memory").impact == .restart)
        #expect(try fleet.field("memory").note == "microvm takes no hot-plug")
        fleet.guest.memory = .mib(128)
        #expect(try fleet.field("memory").impact == .live)
        fleet.guest.cloudInit?.userData = "#!/bin/sh"
        #expect(try fleet.field("cloudInit.userData").impact == .restart)
        fleet.guest.disks.append(DesiredDisk(name: name("logs"), size: .gib(1)))
        #expect(try fleet.field("disks.logs").impact == .restart)
        try fleet.apply()
    }

    /// Four ports are free, one more is left behind by what goes.
    @Test func additionsShareTheFreePorts() throws {
        var fleet = try GuestFleet()
        fleet.guest.disks.removeLast()
        fleet.guest.disks += (1...3).map { DesiredDisk(name: name("d\($0)"), size: .gib(1)) }
        fleet.guest.nics += (1...2).map { DesiredNIC(name: name("eth\($0)"), network: name("lan")) }
        #expect(try fleet.change().impact == .live)
        fleet.guest.nics.append(DesiredNIC(name: name("eth3"), network: name("lan")))
        #expect(try fleet.change().impact == .restart)
        #expect(try fleet.field("nics.eth2").impact == .live)
        #expect(try fleet.field("nics.eth3").note == "no free port")
        try fleet.apply()
    }

    /// More room is there from the next restart on, and nothing forces that; until then the old room counts.
    @Test func headRoomWaitsForARestart() throws {
        var fleet = try GuestFleet()
        fleet.guest.maxMemory = .gib(4)
        #expect(try fleet.field("maxMemory").note == "takes effect at its next restart")
        #expect(try fleet.apply() == [.record])
        #expect(fleet.live.process?.spec.maxMemory == .gib(1))
        #expect(pendingRestart(of: fleet.live).isEmpty)
        fleet.guest.memory = .gib(2)
        #expect(try fleet.field("memory").impact == .restart)
        #expect(try fleet.field("memory").note == "its process has room for 1GiB")
        try fleet.apply()
        fleet.guest.memory = .gib(3)
        #expect(try fleet.field("memory").impact == .live)
    }

    @Test func aMovedNICTakesTheAddressOfItsNetwork() throws {
        var fleet = try GuestFleet()
        fleet.guest.nics[0].network = name("wan")
        #expect(try fleet.field("nics.eth0.ipv4").impact == .live)
        let changes = try fleet.apply()
        #expect(changes.count == 2 && fleet.live.process?.spec.nics[0].network == name("wan"))
    }

    /// One guest must be off an address before another one is on it, so both go down.
    @Test func anAddressThatPassesOnRestartsBoth() throws {
        var fleet = try GuestFleet()
        fleet.desired.guests.append(
            DesiredGuest(
                name: name("zoo"), memory: .mib(256), boot: .image(FleetGenerator.file("tiny")),
                nics: [DesiredNIC(name: name("eth0"), network: name("wan"))]))
        try fleet.apply()
        let address = fleet.live.definition.spec.nics[0].ipv4
        fleet.guest.nics[0].network = name("wan")
        fleet.desired.guests[1].nics[0].network = name("lan")
        fleet.desired.guests[1].nics[0].ipv4 = address
        #expect(fleet.plan().changes.filter { $0.address.kind == .guest }.map(\.impact) == [.restart, .restart])
        try fleet.apply()
    }

    @Test func aDiskThatReturnsIsAttachedAgain() throws {
        var fleet = try GuestFleet()
        let data = fleet.guest.disks.removeLast()
        #expect(try fleet.change().causes == ["disk data is detached; its file is kept on the host"])
        #expect(try fleet.apply() == [.removeDisk(name("data"), deletesFile: false), .record])
        #expect(fleet.live.keptDisks == [KeptDisk(name: name("data"), size: .gib(1))])
        fleet.guest.disks.append(data)
        #expect(
            try fleet.change().causes == ["disk data has a file that was kept (1GiB), which is attached again"])
        try fleet.apply()
        #expect(fleet.live.keptDisks.isEmpty)
    }

    /// The image under a kept file stays in the cache, and no other one is put under it.
    @Test func aKeptFileKeepsItsImage() throws {
        var fleet = try GuestFleet { $0.disks[1].image = name("base") }
        fleet.guest.disks[0].image = nil
        let data = fleet.guest.disks.removeLast()
        try fleet.apply()
        let backing = try #require(fleet.live.keptDisks.first { $0.name == name("data") }?.backing)
        #expect(fleet.hosts[GuestFleet.host]!.live.cache.map(\.fileName).contains(backing))
        fleet.guest.disks.append(DesiredDisk(name: name("data"), size: .gib(1)))
        #expect(fleet.plan().refusals.map(\.code) == ["kept-disk-differs"])
        #expect(try !fleet.change().causes.contains { $0.contains("attached again") })
        var smaller = data
        smaller.size = ByteCount(bytes: data.size.bytes - 512)
        fleet.guest.disks[1] = smaller
        #expect(
            fleet.plan().refusals.map(\.summary) == [
                "guest.web: the file that was kept of disk data has 1GiB, and does not get smaller"
            ])
        #expect(try !fleet.change().causes.contains { $0.contains("attached again") })
        fleet.guest.disks[1] = data
        try fleet.apply()
        #expect(fleet.live.keptDisks.isEmpty)
    }

    @Test func deletingADiskDestroysItsData() throws {
        var fleet = try GuestFleet { $0.disks[1].onRemove = .delete }
        fleet.guest.disks.removeLast()
        let change = try fleet.change()
        #expect(change.impact == .destroy && change.action == .update)
        #expect(change.causes == ["disk data is removed, and its data is deleted"])
        #expect(try fleet.apply() == [.removeDisk(name("data"), deletesFile: true), .record])
        #expect(fleet.live.keptDisks.isEmpty)
    }

    /// The definition remembers what the process, which is gone, cannot.
    @Test(arguments: [true, false])
    func aDeletionThatWasCutOffIsMadeUpFor(isRunning: Bool) throws {
        var fleet = try GuestFleet { $0.disks[1].onRemove = .delete }
        fleet.guest.disks.removeLast()
        try fleet.interruptChange()
        #expect(fleet.live.definition.doomedDisks == [name("data")])
        if !isRunning { (fleet.live.process, fleet.live.state, fleet.live.freePorts) = (nil, .stopped, nil) }
        let change = try fleet.change()
        #expect(change.impact == .destroy && change.isDrift)
        let cause = "an interrupted change left the file of disk data, whose data is to be deleted"
        #expect(change.causes.contains(cause), "\(change.causes)")
        let removal = LiveChange.removeDisk(name("data"), deletesFile: true)
        #expect(try fleet.apply() == (isRunning ? [removal, .record] : []))
        #expect(fleet.live.definition.doomedDisks.isEmpty && fleet.live.keptDisks.isEmpty)
    }

    @Test func aDeletionThatWasCutOffIsWithdrawn() throws {
        var fleet = try GuestFleet { $0.disks[1].onRemove = .delete }
        let disk = fleet.guest.disks.removeLast()
        try fleet.interruptChange()
        (fleet.live.process, fleet.live.state, fleet.live.freePorts) = (nil, .stopped, nil)
        fleet.guest.disks.append(disk)
        let change = try fleet.change()
        #expect(
            change.causes.contains(
                "disk data was to be deleted, but its file is still there, and is attached again"))
        #expect(change.impact == .live, "nothing is lost")
        try fleet.apply()
        #expect(fleet.live.definition.doomedDisks.isEmpty)
    }

    /// The record has the old network, which is the wanted one; only the tap is on the other.
    @Test func aMoveThatWasCutOffIsWithdrawn() throws {
        var fleet = try GuestFleet()
        let old = try #require(fleet.live.process?.spec.nics[0])
        fleet.guest.nics[0].network = name("wan")
        fleet.guest.nics[0].ipv4 = nil
        try fleet.interruptChange()
        fleet.live.defects = [.nicMoved(old.name), .cablePulled(old.name)]
        #expect(try fleet.change().causes == ["an earlier change was cut off"], "it goes on")
        fleet.guest.nics[0].network = name("lan")
        let change = try fleet.change()
        #expect(change.impact == .live && change.isDrift)
        #expect(change.causes.contains(GuestDefect.nicMoved(old.name).text))
        #expect(try fleet.apply() == [.moveNIC(old), .record])
    }

    @Test func anExchangeThatWasCutOffIsWithdrawn() throws {
        var fleet = try GuestFleet()
        let old = fleet.guest.cloudInit
        fleet.guest.cloudInit?.hostname = "other"
        try fleet.interruptChange()
        fleet.live.defects = [.seedOutdated]
        #expect(try fleet.change().causes == ["an earlier change was cut off"], "it goes on")
        fleet.guest.cloudInit = old
        #expect(try fleet.change().causes.contains(GuestDefect.seedOutdated.text))
        #expect(try fleet.apply() == [.exchangeSeed, .record])
    }

    @Test func aChangeThatDidNotTakeIsTriedAgain() throws {
        var fleet = try GuestFleet()
        fleet.guest.memory = .mib(512)
        fleet.guest.disks.append(DesiredDisk(name: name("logs"), size: .gib(1)))
        try fleet.interruptChange()
        #expect(pendingRestart(of: fleet.live).map(\.path) == ["memory", "disks.logs"])
        let change = try fleet.change()
        #expect(change.impact == .live && change.causes.contains("an earlier change was cut off"))
        let changes = try fleet.apply()
        #expect(changes == [.setMemory(.mib(512)), .addDisk(fleet.live.definition.spec.disks[2]), .record])
    }

    /// What the guest did not let happen it would not let happen again: only a restart brings it.
    @Test func aChangeThatTheGuestRefusedIsARestart() throws {
        var fleet = try GuestFleet()
        let before = try #require(fleet.live.process)
        fleet.guest.memory = .mib(128)
        try fleet.apply()
        fleet.live.process?.spec.memory = before.spec.memory
        #expect(pendingRestart(of: fleet.live).map(\.path) == ["memory"])
        let field = try fleet.field("memory")
        #expect(field.impact == .restart && field.before == "256MiB" && field.after == "128MiB")
        #expect(field.note == "the guest did not let it change while it ran")
        #expect(try fleet.change().causes == ["an earlier change has not taken while it ran"])
        #expect(fleet.plan(PlanOptions(maxImpact: .live)).refusals.map(\.code) == ["max-impact"])

        var another = fleet
        another.guest.memory = .mib(192)
        #expect(try another.change().impact == .live, "what is asked for now was not tried yet")
        #expect(try fleet.apply().isEmpty)
        #expect(fleet.live.process?.bootMemory == .mib(128))
    }

    @Test(arguments: [
        GuestDefect.nicMissing(name("eth0")), .diskMissing(name("data")), .seedMissing, .cpus(1), .memory(.mib(128)),
        .limitChanged("disk data"), .limitChanged("NIC eth0"), .nicMoved(name("eth0")), .cablePulled(name("eth0")),
        .seedOutdated,
    ])
    func whatSomebodyDidIsHealedLive(defect: GuestDefect) throws {
        var fleet = try GuestFleet()
        fleet.live.defects = [defect]
        let change = try fleet.change()
        #expect(change.isDrift && change.impact == .live)
        #expect(change.causes == [defect.text])
        #expect(try fleet.apply().count == 2)
    }

    @Test(arguments: [GuestDefect.diskSwapped(name("data"), file: "/tmp/x"), .diskMissing(name("root"))])
    func aWrongDiskIsHealedByARestart(defect: GuestDefect) throws {
        var fleet = try GuestFleet()
        fleet.live.defects = [defect]
        let change = try fleet.change()
        #expect(change.isDrift && change.impact == .restart && change.causes == [defect.text])
        try fleet.apply()
    }

    @Test func aStrangeDeviceIsSaid() throws {
        var fleet = try GuestFleet()
        fleet.live.defects = [.strangeDevice("usb-1")]
        #expect(fleet.plan().isEmpty)
        #expect(fleet.plan().warnings.map(\.code).contains("strange-device"))
    }

    @Test func secretsAreNotShown() throws {
        var fleet = try GuestFleet { $0.secrets = ["cloudInit.userData": .file("/secret")] }
        fleet.guest.cloudInit?.userData = "hush"
        let field = try fleet.field("cloudInit.userData")
        #expect(field.isSensitive && field.before == "(sensitive)" && field.after == "(sensitive)")
        let spec = fleet.live.definition.spec
        #expect(describe(.guest(spec)).contains { $0.path == "cloudInit.userData" && $0.text == "(sensitive)" })
        // The value on the host stays one that nobody sees, once the manifest's is none any more.
        fleet.guest.secrets = [:]
        #expect(try fleet.field("cloudInit.userData").isSensitive)
    }
}
