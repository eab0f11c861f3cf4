import FleetModel
import Glibc
import HostSystem
import Testing

/// What goes wrong during an apply: said plainly, and nothing half-made stays unseen.
@Suite(.serialized, .needsHost) struct FaultTests {
    @Test(arguments: [
        ("/usr/bin/qemu-system-x86_64", "qemu-system-x86"),
        ("/usr/bin/qemu-img", "qemu-utils"),
        ("/usr/bin/genisoimage", "genisoimage"),
        ("/usr/sbin/nft", "nftables"),
        ("/usr/sbin/dnsmasq", "dnsmasq-base"),
    ])
    func missingProgram(_ path: String, _ package: String) async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            fleet.guests = [
                Fleet.tiny(
                    "web-1", 16,
                    ["accelerator: auto", "disks: [{name: root, image: blank, size: 8MiB}]", "cloudInit: {}"])
            ]
            let before = try await lab.census()
            let apply = try await lab.apply(fleet, wrapper: Hiding.paths([path]))
            #expect([1, 3].contains(apply.code) && apply.says("install it", package), "\(apply)")
            #expect(lab.processes(with: "qemu-system").isEmpty, "no guest may run")
            let doctor = try await lab.lodge("doctor", wrapper: Hiding.paths([path]))
            #expect(doctor.code == 1 && doctor.says("install", package), "\(doctor)")
            try await lab.expectConverges(fleet)
            #expect(await lab.pings("10.77.0.16"))
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func fullDisk() async throws {
        try await Lab.run { lab in
            try Files.makeFolder(lab.stateFolder)
            try await resize(lab, "3m")
            let before = try await lab.census()
            let fleet = try await Fleet.three(in: lab)
            let refused = try await lab.apply(fleet)
            #expect(refused.code == 3, "\(refused)")
            #expect(
                refused.says(
                    "host.local lacks", "of disk for this plan", "to be copied to the host",
                    "free 2MiB on the host's disk"), "\(refused)")
            try await lab.expect(before)

            // Room for the image and the firmware, but not for the disks.
            try await resize(lab, "4300k")
            let full = try await lab.apply(fleet)
            #expect(full.code == 1 && full.says("No space left on device"), "\(full)")
            #expect(full.says("What was done stays."), "\(full)")
            #expect(lab.processes(with: "qemu-system").isEmpty)
            let temporary = try await Command.run(
                "find", [lab.stateFolder, "-name", "*\(DurableFile.temporarySuffix)"], package: "findutils")
            #expect(temporary.isEmpty, "\(temporary)")
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2, "\(plan)")

            try await resize(lab, "64m")
            try await lab.expectConverges(fleet)
            for address in Fleet.threeAddresses { #expect(await lab.pings(address)) }
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// Gives the state folder a file system of its own, of this size.
    private func resize(_ lab: Lab, _ size: String) async throws {
        let remount = lab.mounts.isEmpty ? "" : "remount,"
        try await Command.run(
            "mount", ["-t", "tmpfs", "-o", "\(remount)mode=755,size=\(size)", "tmpfs", lab.stateFolder],
            package: "mount")
    }

    @Test func fileThatChangesDuringTheApply() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            fleet.guests = [Fleet.tiny("web-1", 16, ["disks: [{name: root, image: blank, size: 8MiB}]"])]
            // The apply has read the manifests, and waits for the lock; then the image is another.
            try Files.makeFolder(lab.runFolder)
            let lock = open(lab.layout.lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            #expect(flock(lock, LOCK_EX) == 0)
            let run = try lab.startApply(fleet, "--lock-timeout", "120s")
            #expect(await eventually { !lab.agents.isEmpty })
            try await Task.sleep(for: .seconds(1))
            _ = try await lab.blankImage("blank", content: "something else")
            close(lock)
            let apply = try await run.result()
            #expect(apply.code == 1, "\(apply)")
            #expect(apply.says("image.blank: copy raw failed", "blank.raw", "its digest is", "plan again"), "\(apply)")
            #expect(!apply.says("Stale"), "\(apply)")
            #expect(try Files.list(lab.layout.cacheFolder).allSatisfy { !$0.hasSuffix(DurableFile.temporarySuffix) })
            try await lab.expectConverges(fleet)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func guestThatDiesAtStart() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16), Fleet.tiny("broken", 17, ["cpu: {model: nonsense}"])]
            let apply = try await lab.apply(fleet)
            #expect(apply.code == 1, "\(apply)")
            #expect(apply.says("guest.broken: start failed", "QEMU ended at once", "CPU model", "nonsense"), "\(apply)")
            #expect(lab.processes(with: "qemu-system").count == 1)
            #expect(await lab.pings("10.77.0.16"), "what does not need the failed step goes on")
            let id = try await lab.guest("broken").definition.id
            #expect(!Files.exists(lab.layout.guestRun(id).path))
            #expect(try await !lab.ip("-d", "link").contains("guest/broken"), "its tap is gone")
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("guest.broken", "it is not running"), "\(plan)")

            fleet.guests[1] = Fleet.tiny("broken", 17)
            try await lab.expectConverges(fleet)
            #expect(await lab.pings("10.77.0.17"))
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func guestThatIsNeverReady() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16, ["ready: {when: 'console:\"never\"', timeout: 2s}"])]
            let apply = try await lab.apply(fleet)
            #expect(apply.code == 1, "\(apply)")
            #expect(
                apply.says(
                    "guest web-1 was started, but is not ready after 2s", "its console shows “never”",
                    "the last lines of its console:", "lodge console web-1", "ready.timeout"), "\(apply)")
            #expect(await lab.pings("10.77.0.16"), "it is left as it is")
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// A guest whose wait lasts until it is interrupted.
    private func waitingFleet() -> Fleet {
        var fleet = Fleet()
        fleet.guests = [
            Fleet.tiny("web-1", 16, ["ready: {when: \"tcp:80\", timeout: 600s}"]), Fleet.tiny("web-2", 17),
        ]
        return fleet
    }

    private func readyFleet() -> Fleet {
        var fleet = Fleet()
        fleet.guests = [Fleet.tiny("web-1", 16), Fleet.tiny("web-2", 17)]
        return fleet
    }

    @Test func interruptedWait() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let run = try lab.startApply(waitingFleet(), "--parallelism", "1")
            #expect(await eventually { run.soFar.contains("web-1: waiting until it accepts a connection") })
            run.signal(SIGINT)
            let interrupted = try await run.result()
            #expect(interrupted.code == 130, "\(interrupted)")
            #expect(interrupted.says("Stopping", "Not begun:", "guest.web-2: create, start"), "\(interrupted)")
            #expect(interrupted.says("the wait for guest web-1 was interrupted; it runs on"), "\(interrupted)")
            #expect(await eventually { lab.agents.isEmpty })
            try await lab.expectConverges(readyFleet())
            #expect(try await lab.destroy(readyFleet()).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func twoAppliesAtOnce() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let first = try lab.startApply(waitingFleet())
            #expect(await eventually { first.soFar.contains("web-1: waiting until it accepts a connection") })

            let second = try await lab.apply(readyFleet())
            #expect(second.code == 1, "\(second)")
            #expect(second.says("host local", "locked by", "of tester, process \(first.pid)"), "\(second)")
            #expect(second.says("--lock-timeout"), "\(second)")
            // Looking needs no lock.
            #expect(try await lab.lodge("status").says("web-1"))

            let patient = try lab.startApply(readyFleet(), "--lock-timeout", "120s")
            try await Task.sleep(for: .seconds(1))
            first.signal(SIGINT)
            #expect(try await first.result().code == 130)
            let result = try await patient.result()
            #expect(result.code == 0, "\(result)")
            try await lab.expectNoChanges(readyFleet())
            #expect(try await lab.destroy(readyFleet()).code == 0)
            try await lab.expect(before)
        }
    }
}
