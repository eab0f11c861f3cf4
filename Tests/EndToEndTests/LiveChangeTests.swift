import FleetModel
import Glibc
import HostSystem
import KVMExecutor
import QMP
import Testing

@testable import HostAgent

/// A running Linux guest is changed, and asked itself whether it was.
@Suite(.serialized, .needsHost) struct LiveChangeTests {
    /// Impact row: guest.memory.more, guest.memory.less, guest.memory.balloon, guest.cpus.more, guest.disks.size.more
    /// Impact row: guest.cloudInit.userData.exchange, guest.cloudInit.hostname.exchange
    @Test func aRunningLinuxGuestIsChanged() async throws {
        try await Lab.run { lab in
            var guest = try await ChangeableGuest.boot(in: lab)
            let boot = try await guest.status()["boot-id"]
            try await memory(&guest)
            try await memoryThatSomebodyChanged(&guest)
            try await memoryThatIsInUse(&guest)
            try await memoryThatTheHostLacks(&guest)
            try await processors(&guest)
            try await disk(&guest)
            try await seed(&guest)
            try await record(&guest)
            try await cutOff(&guest)
            #expect(try await guest.status()["boot-id"] == boot, "the guest was restarted")
            try await notRunning(&guest)
        }
    }

    private func memory(_ guest: inout ChangeableGuest) async throws {
        let total = try await guest.number("memory-kib")
        let free = try await guest.number("memory-free-kib")
        for (mebibytes, more) in [(384, 256), (384, 256), (192, 64), (512, 384), (128, 0)] {
            let remark = try await guest.change(.setMemory(.mib(Int64(mebibytes))))
            #expect(remark == nil)
            try await guest.expect("memory-kib", total + more << 10)
            #expect(try await guest.recorded().memory == .mib(Int64(mebibytes)))
        }
        // A balloon takes free memory; the total stays, since the guest may take it back before it runs out.
        #expect(try await guest.change(.setMemory(.mib(96))) == nil)
        #expect(try await guest.number("memory-free-kib") < free - 24 << 10)
        #expect(try await guest.recorded().memory == .mib(96))
        #expect(try await guest.change(.setMemory(.mib(256))) == nil)
        try await guest.expect("memory-kib", total + 128 << 10)
        #expect(try await guest.number("memory-free-kib") > free + 100 << 10)

        let error = await #expect(throws: HostError.self) { try await guest.change(.setMemory(.gib(1))) }
        #expect(error?.text.contains("has room for 512MiB, not for 1GiB") == true, "\(error?.text ?? "")")
        #expect(try await guest.recorded().memory == .mib(256))
        #expect(try await guest.change(.setMemory(.mib(256))) == nil)
    }

    private func memoryThatSomebodyChanged(_ guest: inout ChangeableGuest) async throws {
        let total = try await guest.number("memory-kib")
        let defects = { [lab = guest.lab] in try await lab.guest("web-1").defects }
        #expect(try await defects().isEmpty)
        let session = try await guest.lab.monitor(of: "web-1")
        _ = try await session.execute(
            "qom-set",
            arguments: [
                "path": "/machine/peripheral/room", "property": "requested-size", "value": .integer(64 << 20),
            ])
        #expect(try await defects() == [.memory(.mib(192))])
        _ = try await session.execute("balloon", arguments: ["value": .integer(112 << 20)])
        session.close()
        #expect(try await eventually { try await defects() == [.memory(.mib(112))] })
        #expect(try await guest.change(.setMemory(.mib(256))) == nil)
        #expect(try await defects().isEmpty)
        try await guest.expect("memory-kib", total)
    }

    /// The guest holds more than it is to keep: what it does not let go of stays its own, and is said.
    private func memoryThatIsInUse(_ guest: inout ChangeableGuest) async throws {
        // A file system of its own: that of / has half of what memory there was at the boot.
        try await guest.run("mkdir -p /f; mount -t tmpfs -o size=140m tmpfs /f")
        try await guest.run("dd if=/dev/zero of=/f/f bs=1M count=130")
        let changer = GuestChanger(layout: guest.lab.layout, networking: .none, patience: .seconds(2))
        var target = guest.definition
        target.spec.memory = .mib(128)
        target.generation += 1
        let remark = try await changer.change(target, [.setMemory(.mib(128))])
        #expect(remark?.contains("a restart brings it") == true, "\(remark ?? "none")")
        let left = try await guest.recorded().memory
        #expect(left > .mib(160) && left <= .mib(256))
        let live = try await guest.lab.guest("web-1")
        #expect(live.definition.spec.memory == .mib(128), "what is left shows as a difference")

        // Nothing more goes unseen once there is room.
        try await guest.run("umount /f")
        let session = try await QMPSession.connect(path: guest.lab.layout.guestRun(target.id).observer)
        let plugged = try await session.execute(QueryMemorySizeSummary()).plugged
        session.close()
        #expect(Int64(plugged ?? 0) == left.bytes - 128 << 20)
        guest.definition = target
        #expect(try await guest.change(.setMemory(.mib(128))) == nil)
        #expect(try await guest.recorded().memory == .mib(128))
    }

    private func memoryThatTheHostLacks(_ guest: inout ChangeableGuest) async throws {
        let before = guest
        let total = try await guest.number("memory-kib")
        // The host may give away what the guest has by now, and a little more.
        var policy = HostPolicy(reservedMemory: .zero)
        policy.memory = .mib(300)
        let strangers = try await guest.lab.live().strangers.reduce(ByteCount.zero) { $0 + $1.memory }
        policy.memory = policy.memory! + strangers
        let error = await #expect(throws: HostError.self) {
            try await guest.change(.setMemory(.mib(512)), policy: policy)
        }
        #expect(error?.kind == .refused)
        #expect(
            error?.text.contains("the host refuses to give guest web-1 512MiB of memory: it needs") == true,
            "\(error?.text ?? "")")
        #expect(try await guest.number("memory-kib") == total)
        #expect(
            try await guest.lab.guest("web-1").definition == before.definition, "refused before anything is touched")
        guest = before
        // Less is never refused, however little there is.
        policy.memory = .mib(1)
        #expect(try await guest.change(.setMemory(.mib(112)), policy: policy) == nil)
        #expect(try await guest.change(.setMemory(.mib(128))) == nil)
    }

    private func processors(_ guest: inout ChangeableGuest) async throws {
        #expect(try await guest.number("cpus") == 1)
        #expect(try await guest.change(.setCPUs(2)) == nil)
        try await guest.expect("cpus", 2)
        #expect(try await guest.change(.setCPUs(3)) == nil)
        try await guest.expect("cpus", 3)
        #expect(try await guest.change(.setCPUs(3)) == nil)
        #expect(try await guest.recorded().cpus == 3)
        for (count, words) in [(4, "room for 3, not for 4"), (1, "need a restart without KVM")] {
            let before = guest.definition
            let error = await #expect(throws: HostError.self) { try await guest.change(.setCPUs(count)) }
            #expect(error?.text.contains(words) == true, "\(error?.text ?? "")")
            guest.definition = before
        }
        #expect(try await guest.number("cpus") == 3)
        #expect(try await guest.recorded().cpus == 3)
    }

    private func disk(_ guest: inout ChangeableGuest) async throws {
        let data = Name(parsing: "data")!
        #expect(try await guest.number("disk-vda") == 64 << 20)
        for _ in 0..<2 {
            #expect(try await guest.change(.growDisk(data, to: .mib(96))) == nil)
            try await guest.expect("disk-vda", 96 << 20)
        }
        #expect(try await guest.recorded().disks.first?.size == .mib(96))
        // A disk is never cut.
        #expect(try await guest.change(.growDisk(data, to: .mib(64))) == nil)
        #expect(try await guest.number("disk-vda") == 96 << 20)
        #expect(try await guest.change(.growDisk(data, to: .mib(96))) == nil)
    }

    private func seed(_ guest: inout ChangeableGuest) async throws {
        #expect(try await guest.page("seed").contains("# first"))
        for text in ["# second", "# third"] {
            #expect(try await guest.change(.exchangeSeed) { $0.cloudInit?.userData = "#!/bin/sh\n\(text)\n" } == nil)
            let seen = await eventually { (try? await guest.page("seed"))?.contains(text) == true }
            #expect(seen, "the guest does not see \(text)")
        }
        // A file that is not the record's, as an exchange leaves it that is cut off.
        let seed = guest.lab.layout.guest(guest.definition.owner.fleet, guest.definition.name).seed
        try await guest.lab.execute("cp", seed, "\(seed).old")
        #expect(try await guest.change(.exchangeSeed) { $0.cloudInit?.userData = "#!/bin/sh\n# other\n" } == nil)
        try Files.move("\(seed).old", to: seed)
        #expect(try await guest.lab.guest("web-1").defects == [.seedOutdated])
        #expect(try await guest.change(.exchangeSeed) == nil)
        #expect(try await guest.lab.guest("web-1").defects.isEmpty)
        // Out, and in where there was none.
        #expect(try await guest.change(.exchangeSeed) { $0.cloudInit = nil } == nil)
        #expect(await eventually { (try? await guest.page("seed")) == "" }, "the guest still has a seed")
        #expect(try await guest.recorded().cloudInit == nil)
        #expect(!Files.exists(guest.lab.layout.guest(guest.definition.owner.fleet, guest.definition.name).seed))
        #expect(try await guest.change(.exchangeSeed) { $0.cloudInit = CloudInit(hostname: "named-later") } == nil)
        #expect(await eventually { (try? await guest.page("seed"))?.contains("named-later") == true })
        // A disc that the guest uses is taken from it in the end.
        try await guest.run("mkdir -p /m; mount -o ro /dev/sr0 /m")
        #expect(try await guest.change(.exchangeSeed) { $0.cloudInit?.userData = "#!/bin/sh\n# fourth\n" } == nil)
        try await guest.run("umount /m")
        #expect(await eventually { (try? await guest.page("seed"))?.contains("# fourth") == true })
        #expect(try await guest.recorded() == guest.definition.spec)
    }

    private func record(_ guest: inout ChangeableGuest) async throws {
        #expect(
            try await guest.change(.record) {
                $0.labels = ["tier": "web"]
                $0.isProtected = true
                $0.stopGrace = .seconds(5)
            } == nil)
        let live = try await guest.lab.guest("web-1")
        #expect(live.process?.spec == guest.definition.spec && live.definition == guest.definition)
        #expect(live.process?.generation == guest.definition.generation)
    }

    /// The agent is killed at various moments of a change: the difference is seen, and the same change again ends it.
    private func cutOff(_ guest: inout ChangeableGuest) async throws {
        let total = try await guest.number("memory-kib")
        for (index, delay) in [0, 40, 80, 120, 160, 200].enumerated() {
            let mebibytes: Int64 = index % 2 == 0 ? 512 : 128
            let before = try await guest.recorded().memory
            var changed = guest
            let lab = guest.lab
            async let killed: Void = {
                _ = await eventually { !lab.agents.isEmpty }
                try await Task.sleep(for: .milliseconds(delay))
                for agent in lab.agents { kill(agent.pid, SIGKILL) }
            }()
            _ = try? await changed.change(.setMemory(.mib(mebibytes)))
            try await killed
            guest.definition.spec.memory = .mib(mebibytes)
            guest.definition.generation = changed.definition.generation
            let live = try await lab.guest("web-1")
            #expect([before, .mib(mebibytes)].contains(try #require(live.process).spec.memory))
            #expect(live.definition.spec.memory == .mib(mebibytes) || live.definition.spec.memory == before)
            #expect(try await guest.perform(.changeGuest(guest.definition, [.setMemory(.mib(mebibytes))])) == nil)
            try await guest.expect("memory-kib", total + (Int(mebibytes) - 128) << 10)
            #expect(try await guest.recorded() == guest.definition.spec)
        }
    }

    private func notRunning(_ guest: inout ChangeableGuest) async throws {
        let path = guest.lab.layout.guestRun(guest.definition.id).observer
        let session = try await QMPSession.connect(path: path)
        _ = try await session.execute(Stop())
        session.close()
        let paused = await #expect(throws: HostError.self) { try await guest.change(.setMemory(.mib(256))) }
        #expect(paused?.text.contains("it is paused, not running") == true, "\(paused?.text ?? "")")
        try await guest.lab.end(try await guest.lab.pid("web-1"))
        let dead = await #expect(throws: HostError.self) { try await guest.change(.setMemory(.mib(256))) }
        #expect(dead?.text.contains("it does not run any more") == true, "\(dead?.text ?? "")")
    }
}
