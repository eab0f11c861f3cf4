import FleetModel
import Glibc
import HostSystem
import QMP
import Testing

/// Disks of a guest that runs: each change is looked at from inside the guest, too.
@Suite(.serialized, .needsHost) struct LiveDiskTests {
    private static let data = DiskSpec(name: Name(parsing: "data")!, size: .mib(16))

    private func file(_ lab: Lab, _ disk: Name) -> String {
        lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).disk(disk)
    }

    private func defects(_ lab: Lab) async throws -> [GuestDefect] { try await lab.guest("web-1").defects }

    /// Impact row: guest.disks.add, guest.disks.remove, guest.disks.delete
    @Test func disksComeAndGo() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = OpenGuest.fleet()
            try await lab.expectConverges(fleet)
            #expect(try await lab.guest("web-1").freePorts == QEMUPorts.spare)

            try await arrival(lab)
            try await drift(lab)
            try await departure(lab)
            try await deletion(lab, fleet)

            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    private func arrival(_ lab: Lab) async throws {
        let data = Self.data
        let start = try await lab.inside("cat /proc/sys/kernel/random/boot_id")
        #expect(try await lab.change("web-1", [.addDisk(data)]) { $0.disks.append(data) } == nil)
        try await lab.expectDisk("data", true)
        let device = try #require(try await lab.device("data"))
        #expect(try await lab.inside("cat /sys/block/\(device)/size") == "32768\n", "512-byte sectors")
        #expect(try await lab.inside("echo kept >/dev/\(device); sync; head -c 4 /dev/\(device)") == "kept")
        let guest = try await lab.guest("web-1")
        #expect(guest.process?.spec == guest.definition.spec && guest.process?.generation == 2)
        #expect(guest.defects.isEmpty && guest.freePorts == QEMUPorts.spare - 1)
        // Twice is once.
        #expect(try await lab.change("web-1", [.addDisk(data)]) == nil)
        #expect(try await lab.inside("ls -d /sys/block/vd* | wc -l") == "1\n")
        #expect(try await lab.inside("cat /proc/sys/kernel/random/boot_id") == start, "the guest went on")
    }

    /// What somebody else does to the disks is seen, and healed by the same changes.
    private func drift(_ lab: Lab) async throws {
        let data = Self.data
        try await lab.pull("disk-data", of: "web-1")
        #expect(try await defects(lab) == [.diskMissing(data.name)])
        #expect(try await lab.change("web-1", [.addDisk(data)]) == nil)
        try await lab.expectDisk("data", true)
        #expect(try await defects(lab).isEmpty)

        // Another file behind the same device.
        let other = "\(lab.folder)/other.qcow2"
        try await Command.run("qemu-img", ["create", "-q", "-f", "qcow2", other, "16M"], package: "qemu-utils")
        try Files.setMode(other, 0o666)
        try await lab.pull("disk-data", of: "web-1")
        let session = try await lab.monitor(of: "web-1")
        let port = try #require(
            try await session.execute(QueryPCI()).flatMap(\.devices).first {
                $0.id.hasPrefix("port") && $0.bridge?.devices == []
            }?.id)
        _ = try await session.execute("blockdev-del", arguments: ["node-name": "disk-data"])
        _ = try await session.execute(
            "blockdev-add",
            arguments: [
                "driver": "qcow2", "node-name": "disk-data", "file": ["driver": "file", "filename": .string(other)],
            ])
        _ = try await session.execute(
            "device_add",
            arguments: ["driver": "virtio-blk-pci", "drive": "disk-data", "id": "disk-data", "bus": .string(port)])
        session.close()
        #expect(try await defects(lab) == [.diskSwapped(data.name, file: other)])
        let heal: [LiveChange] = [.removeDisk(data.name, deletesFile: false), .addDisk(data)]
        #expect(try await lab.change("web-1", heal) == nil)
        try await lab.expectDisk("data", true)
        let device = try #require(try await lab.device("data"))
        #expect(try await lab.inside("head -c 4 /dev/\(device)") == "kept", "its own file again")
        #expect(try await defects(lab).isEmpty)

        // A device that nobody declared.
        let stranger = try await lab.monitor(of: "web-1")
        _ = try await stranger.execute(
            "device_add", arguments: ["driver": "virtio-rng-pci", "id": "alien", "bus": "port4"])
        stranger.close()
        #expect(try await defects(lab) == [.strangeDevice("alien")])
        try await lab.pull("alien", of: "web-1")
        #expect(try await defects(lab).isEmpty)
    }

    /// A deletion that could not be made, and a process that takes its record along: the definition remembers it.
    private func deletion(_ lab: Lab, _ fleet: Fleet) async throws {
        var data = Self.data
        data.onRemove = .delete
        #expect(try await lab.change("web-1", [.addDisk(data)]) { $0.disks = [data] } == nil)
        // Somebody else has the monitor.
        let session = try await lab.monitor(of: "web-1")
        await #expect(throws: (any Error).self) {
            try await lab.change("web-1", [.removeDisk(data.name, deletesFile: true)]) { $0.disks = [] }
        }
        session.close()
        try await lab.end(try await lab.pid("web-1"))
        let guest = try await lab.guest("web-1")
        #expect(guest.definition.doomedDisks == [data.name] && guest.keptDisks.isEmpty)
        #expect(Files.exists(file(lab, data.name)))
        let plan = try await lab.plan(fleet)
        #expect(plan.says("it is not running", "left the file of disk data, whose data is to be deleted"), "\(plan)")
        try await lab.expectConverges(fleet)
        #expect(!Files.exists(file(lab, data.name)))
        let healed = try await lab.guest("web-1")
        #expect(healed.definition.doomedDisks.isEmpty && healed.keptDisks.isEmpty)
    }

    private func departure(_ lab: Lab) async throws {
        let data = Self.data
        let path = file(lab, data.name)
        let without: (inout GuestSpec) -> Void = { $0.disks = [] }
        #expect(try await lab.change("web-1", [.removeDisk(data.name, deletesFile: false)], without) == nil)
        try await lab.expectDisk("data", false)
        let guest = try await lab.guest("web-1")
        #expect(guest.keptDisks == [KeptDisk(name: data.name, size: data.size)])
        #expect(guest.defects.isEmpty && guest.freePorts == QEMUPorts.spare)
        let open = ProcessTable.openFiles(of: try await lab.pid("web-1"))
        #expect(!open.contains(path), "QEMU closed the file")

        // A kept disk returns with what is on it.
        #expect(try await lab.change("web-1", [.addDisk(data)]) { $0.disks = [data] } == nil)
        try await lab.expectDisk("data", true)
        let device = try #require(try await lab.device("data"))
        #expect(try await lab.inside("head -c 4 /dev/\(device)") == "kept")

        #expect(try await lab.change("web-1", [.removeDisk(data.name, deletesFile: true)], without) == nil)
        try await lab.expectDisk("data", false)
        #expect(!Files.exists(path))
        #expect(try await lab.guest("web-1").keptDisks.isEmpty)
        #expect(try await lab.change("web-1", [.removeDisk(data.name, deletesFile: true)], without) == nil, "twice")
    }

    /// Impact row: guest.disks.iops.any, guest.disks.bandwidth.any
    @Test func whatADiskMayDoInASecond() async throws {
        try await Lab.run { lab in
            let disk = "{name: data, size: 32MiB}"
            try await lab.expectConverges(OpenGuest.fleet(["disks: [\(disk)]"]))
            let data = Name(parsing: "data")!
            let limit = DataRate(bytesPerSecond: 1 << 20)
            try await lab.expectDisk("data", true)
            let device = try #require(try await lab.device("data"))
            func edit(_ spec: inout GuestSpec, _ iops: Int?, _ bandwidth: DataRate?) {
                (spec.disks[0].iops, spec.disks[0].bandwidth) = (iops, bandwidth)
            }
            // QEMU lets the last request through as soon as those before it have had their time, and makes one of up to
            // 32 of the guest's: 2 MiB, where those are this small.
            _ = try await lab.inside("echo 64 >/sys/block/\(device)/queue/max_sectors_kb")
            func write(_ mebibytes: Int) async throws -> Duration {
                let start = ContinuousClock.now
                let words = try await lab.inside(
                    "dd if=/dev/zero of=/dev/\(device) bs=64k count=\(mebibytes * 16) conv=fsync 2>/dev/null && echo ok"
                )
                #expect(words == "ok\n")
                return start.duration(to: .now)
            }

            let change = LiveChange.limitDisk(data, iops: nil, bandwidth: limit)
            #expect(try await lab.change("web-1", [change]) { edit(&$0, nil, limit) } == nil)
            // QEMU lets a tenth of a second's worth through at once.
            let limited = try await write(6)
            #expect(limited > .milliseconds(3_500), "6 MiB at 1 MiB/s took \(limited)")
            #expect(try await defects(lab).isEmpty)

            // Somebody else lifts it; it is put back.
            let session = try await lab.monitor(of: "web-1")
            let path = "/machine/peripheral/disk-data/virtio-backend"
            _ = try await session.execute(BlockSetIOThrottle(id: path, iops: 0, bytes: 0))
            session.close()
            #expect(try await defects(lab) == [.limitChanged("disk data")])
            #expect(try await lab.change("web-1", [change]) == nil)
            #expect(try await defects(lab).isEmpty)

            // Both limits hold from the start of a process, too.
            let both = LiveChange.limitDisk(data, iops: 200, bandwidth: limit)
            #expect(try await lab.change("web-1", [both]) { edit(&$0, 200, limit) } == nil)
            let guest = try await lab.guest("web-1").definition.reference
            try await lab.perform(.stopGuest(guest, grace: .seconds(60)), on: guest.name)
            try await lab.perform(.startGuest(guest), on: guest.name)
            #expect(try await defects(lab).isEmpty)
            let drive = try await medium(lab)
            #expect(drive.iops == 200 && drive.bytes == 1 << 20)

            #expect(
                try await lab.change("web-1", [.limitDisk(data, iops: nil, bandwidth: nil)]) { edit(&$0, nil, nil) }
                    == nil)
            #expect(try await medium(lab).bytes == 0)
            #expect(try await defects(lab).isEmpty)
        }
    }

    private func medium(_ lab: Lab) async throws -> QueryBlock.Medium {
        let session = try await lab.monitor(of: "web-1")
        defer { session.close() }
        let drives = try await session.execute(QueryBlock())
        return try #require(drives.first { $0.qdev?.contains("disk-data") ?? false }?.inserted)
    }
}

/// What the launched guest has of ports.
enum QEMUPorts { static let spare = 4 }
