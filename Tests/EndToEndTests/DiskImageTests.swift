import FleetModel
import Glibc
import HostSystem
import Testing

/// Guests that boot from their disks, disks of every kind, and what is kept of them.
@Suite(.serialized, .needsHost) struct DiskImageTests {
    private func image(_ name: String, _ path: String, _ format: String) -> String {
        "apiVersion: lodge/v1\nkind: Image\nmetadata:\n  name: \(name)\nspec:\n  source: \(path)\n  format: \(format)\n"
    }

    private func loader(_ disks: [String], memory: String = "128MiB") -> Fleet {
        var fleet = OpenGuest.fleet(memory: memory, ["disks: [\(disks.joined(separator: ", "))]"])
        // Nothing but the disk to boot from.
        fleet.defaults = [
            "accelerator: tcg", "memory: \(memory)", "stop: {graceful: 120s}",
            "ready: {when: \"tcp:80\", timeout: 300s}",
        ]
        fleet.images = [image("demo-boot", "\(TestGuests.demo)/boot.qcow2", "qcow2")]
        return fleet
    }

    /// Debian's GRUB loads the demo guest; its disks are grown, added in every way that takes hot-plug, restarted and
    /// kept.
    ///
    /// Impact row: guest.disks.onDestroy.any
    @Test func aDiskWithItsOwnBootLoaderBoots() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let raw = "format: raw, cache: none, aio: native"
            try await lab.expectConverges(
                loader(["{name: root, image: demo-boot, size: 80MiB}", "{name: data, size: 16MiB, \(raw)}"]))
            #expect(try await lab.size("root") == 80 << 20)
            #expect(try await lab.size("data") == 16 << 20)
            let kept = try #require(try await lab.device("data"))
            _ = try await lab.inside("echo kept >/dev/\(kept); sync")

            let disks = [
                "{name: root, image: demo-boot, size: 96MiB}", "{name: data, size: 24MiB, \(raw), onDestroy: keep}",
            ]
            let own = "{name: own, size: 8MiB, aio: io_uring, ioThread: true, iops: 5000}"
            let log = "{name: log, size: 12MiB, bus: scsi, cache: unsafe, bandwidth: 50MB/s}"
            try await lab.apply(
                loader(disks + [own, log]), changingLive: "disks.root.size", "disks.data.size", "disks.data.onDestroy",
                "disks.own", "disks.log")
            try await expectDisks(lab, own: "5000")

            let other = own.replacing("5000", with: "6000").replacing("ioThread", with: "cache: directsync, ioThread")
            try await lab.apply(
                loader(disks + [other, log], memory: "160MiB"), changing: "web-1",
                ["memory": "restart", "disks.own.cache": "restart", "disks.own.iops": "live"], interrupts: true)
            try await expectDisks(lab, own: "6000")
            let again = try #require(try await lab.device("data"))
            #expect(try await lab.inside("head -c 4 /dev/\(again)") == "kept")
            try await lab.apply(loader(disks, memory: "160MiB"), changingLive: "disks.own", "disks.log")
            try await lab.expectDisk("own", false)

            let destroy = try await lab.destroy(loader(disks))
            #expect(destroy.code == 0 && destroy.says("keeps disk data (24MiB)"), "\(destroy)")
            let file = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).disk(
                Name(parsing: "data")!, .raw)
            #expect(try await lab.execute("head", "-c", "4", file) == "kept")
            let rest = try await lab.lodge("destroy", "-f", lab.write(loader(disks)), "--auto-approve", "--kept")
            #expect(rest.code == 0, "\(rest)")
            try await lab.expect(before)
        }
    }

    private func expectDisks(_ lab: Lab, own iops: String) async throws {
        try await lab.expectDisk("own", true)
        #expect(try await lab.size("root") == 96 << 20)
        #expect(try await lab.size("data") == 24 << 20)
        let own = try #require(try await lab.device("own"))
        #expect(try await lab.inside("echo deep >/dev/\(own); sync; head -c 4 /dev/\(own)") == "deep")
        // A SCSI disk's serial number is a page of its vital product data: its size names it as well.
        #expect(await eventually { (try? await lab.inside("cat /sys/block/sd*/size")) == "24576\n" })
        #expect(try await lab.inside("echo wide >/dev/sda; sync; head -c 4 /dev/sda") == "wide")
        let guest = try await lab.guest("web-1")
        #expect(guest.defects.isEmpty && guest.process?.spec == guest.definition.spec)
    }

    /// The BIOS boots the first disk, on whichever bus it is, and no other one.
    @Test func theFirstDiskIsTheOneThatBoots() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.defaults = [
                "accelerator: tcg", "memory: 32MiB", "stop: {graceful: 0s}",
                "ready: {when: 'console:booted from first', timeout: 120s}",
            ]
            for name in ["first", "second"] {
                let path = "\(lab.folder)/\(name).raw"
                try await Command.run(
                    "bash", ["\(TestGuests.root)/Tests/Guests/boot-sector/build", name, path], package: "bash")
                fleet.images.append(image(name, path, "raw"))
            }
            for (format, bus) in [("raw", "virtio"), ("raw", "scsi"), ("qcow2", "sata")] {
                let root = "{name: root, image: first, format: \(format), bus: \(bus)}"
                let data = "{name: data, image: second, bus: \(bus == "scsi" ? "virtio" : "scsi")}"
                fleet.guests = [
                    Fleet.Guest(name: "web-1", fields: ["disks: [\(root), \(data)]", "cloudInit: {hostname: web}"])
                ]
                try await lab.expectConverges(fleet)
            }
            let log = Files.text(
                "\(lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).consoleFolder)/log")
            #expect(log?.contains("booted from first") == true && log?.contains("second") == false, "\(log ?? "")")
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// A disk outlives its guest, is shown, counted and attached again, and goes when it is told to.
    @Test func aDiskOfADestroyedGuestIsKept() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            let root = "{name: root, image: blank, size: 8MiB}"
            let data = "{name: data, image: blank, size: 8MiB, onDestroy: keep}"
            fleet.guests = [Fleet.tiny("web-1", 16, ["disks: [\(root), \(data)]"])]
            try await lab.expectConverges(fleet)
            let folder = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!)
            let file = folder.disk(Name(parsing: "data")!)

            #expect(try await lab.destroy(fleet).says("keeps disk data (8MiB)"))
            try await lab.execute("qemu-io", "-f", "qcow2", "-c", "write -P 0x6b 0 512", file)
            let show = try await lab.lodge("show")
            #expect(show.says("Fleet e2e", "Kept: disks of guests that were destroyed:", file, "8MiB"), "\(show)")
            #expect(try await lab.live().leftovers.isEmpty, "its image is in use")

            let plan = try await lab.plan(fleet)
            #expect(plan.says("disk data was kept of a guest of this name (8MiB), and is attached again"), "\(plan)")
            // Cut off as the guest was being made, nothing of it is lost.
            let run = try lab.startApply(fleet)
            _ = await eventually { Files.exists(folder.definition) }
            for agent in lab.agents { kill(agent.pid, SIGKILL) }
            _ = try await run.result()
            try await lab.expectConverges(fleet)
            #expect(try await lab.live().retained.isEmpty)

            #expect(try await lab.destroy(fleet).code == 0)
            let found = try await lab.execute("qemu-io", "-r", "-f", "qcow2", "-c", "read -P 0x6b 0 512", file)
            #expect(!found.contains("failed"), "\(found)")
            let rest = try await lab.lodge("destroy", "-f", lab.write(fleet), "--auto-approve", "--kept")
            #expect(rest.code == 0, "\(rest)")
            try await lab.expect(before)
        }
    }
}

extension Lab {
    /// Bytes of the virtio disk with this serial number, as the guest sees it.
    fileprivate func size(_ serial: String) async throws -> Int {
        let device = try #require(try await device(serial))
        let sectors = try await inside("cat /sys/block/\(device)/size").split(separator: "\n").first
        return (sectors.flatMap { Int($0) } ?? 0) * 512
    }
}
