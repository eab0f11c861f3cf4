import FleetModel
import HostSystem
import Testing

/// What a changed manifest does to a Linux guest that runs, from `lodge plan` to what the guest itself sees.
@Suite(.serialized, .needsHost) struct ApplyLiveTests {
    /// A fleet of one guest, and how its manifest is written now.
    private struct Subject {
        let lab: Lab
        var fleet: Fleet
        var guest: GuestManifest

        /// Edits the manifest.
        mutating func edit(_ change: (inout GuestManifest) -> Void) -> Fleet {
            change(&guest)
            fleet.guests[0] = guest.guest("web-1")
            return fleet
        }

        func inside(_ commands: String) async throws -> String {
            try await lab.inside(commands).trimmingSuffix { $0 == "\n" }
        }

        func kibibytes(_ key: String) async throws -> Int {
            try #require(Int(try await inside("awk '/^\(key):/ { print $2 }' /proc/meminfo")), "\(key)")
        }

        /// Waits until the guest says so.
        func expect(
            _ commands: String, _ answer: String, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            var seen = ""
            _ = try await eventually {
                seen = try await inside(commands)
                return seen == answer
            }
            #expect(seen == answer, "\(commands)", sourceLocation: sourceLocation)
        }

        var boot: String { get async throws { try await inside("cat /proc/sys/kernel/random/boot_id") } }
        var live: LiveGuest { get async throws { try await lab.guest("web-1") } }
    }

    private func boot(in lab: Lab) async throws -> Subject {
        var fleet = OpenGuest.fleet()
        let blank = try await lab.blankImage("blank")
        fleet.images = [blank, blank.replacing("name: blank", with: "name: same")]
        for file in ["host-a", "host-b"] { try DurableFile.write(Array("second".utf8), to: "\(lab.folder)/\(file)") }
        let guest = GuestManifest(
            fields: ["maxMemory": "512MiB", "cpus": "1", "maxCpus": "3"],
            disks: ["name: root, image: blank, size: 8MiB"], nics: ["name: eth0, network: lan, ipv4: 10.77.0.10"])
        fleet.guests = [guest.guest("web-1")]
        try await lab.expectConverges(fleet)
        return Subject(lab: lab, fleet: fleet, guest: guest)
    }

    /// Impact row: guest.cpus.more, guest.memory.more, guest.memory.less, guest.memory.balloon, guest.maxMemory.any
    /// Impact row: guest.maxCpus.any, guest.metadata.labels.any, guest.protect.any, guest.stop.graceful.any
    /// Impact row: guest.disks.add, guest.disks.size.more, guest.disks.iops.any, guest.disks.bandwidth.any
    /// Impact row: guest.disks.remove, guest.disks.delete, guest.disks.onRemove.any, guest.disks.image.renamed
    /// Impact row: guest.nics.add, guest.nics.remove, guest.nics.bandwidth.any, guest.nics.network.move
    /// Impact row: guest.nics.ipv4.move, guest.cloudInit.hostname.exchange, guest.cloudInit.users.exchange
    /// Impact row: guest.cloudInit.userData.exchange, guest.cloudInit.onChange.any, guest.valueFrom.any
    /// Impact row: guest.update.maxImpact.any, guest.update.order.any, guest.ready.when.any, guest.ready.timeout.any
    /// Impact row: guest.cpus.beyond, guest.cpus.fewer-tcg, guest.memory.beyond, guest.boot.cmdline.any
    /// Impact row: guest.boot.kernel.any, guest.boot.initrd.any, guest.disks.add-no-port, guest.nics.add-no-port
    /// Impact row: guest.disks.order.any
    @Test func aManifestThatChangesWhileItsGuestRuns() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var subject = try await boot(in: lab)
            let boot = try await subject.boot
            try await size(&subject)
            try await arrivals(&subject)
            try await limits(&subject)
            try await departures(&subject)
            try await seed(&subject)
            try await terms(&subject)
            #expect(try await subject.boot == boot, "the guest was restarted")
            try await restarts(&subject)
            #expect(try await lab.destroy(subject.fleet).code == 0)
            try await lab.expect(before)
        }
    }

    private func size(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let total = try await subject.kibibytes("MemTotal")
        let more = subject.edit {
            $0.fields["memory"] = "384MiB"
            $0.fields["cpus"] = "2"
        }
        let text = try await lab.plan(more)
        #expect(text.says("nothing that runs is interrupted", "128MiB -> 384MiB  (live"), "\(text)")
        try await lab.apply(more, changingLive: "memory", "cpus")
        try await subject.expect("awk '/^MemTotal:/ { print $2 }' /proc/meminfo", "\(total + 256 << 10)")
        try await subject.expect("grep -c ^processor /proc/cpuinfo", "2")

        let less = subject.edit {
            $0.fields["memory"] = "192MiB"
            $0.metadata["labels"] = "{tier: web}"
            $0.fields["protect"] = "true"
            $0.fields["stop"] = "{graceful: 90s}"
        }
        try await lab.apply(less, changingLive: "memory", "labels", "protect", "stop.graceful")
        try await subject.expect("awk '/^MemTotal:/ { print $2 }' /proc/meminfo", "\(total + 64 << 10)")
        let seen = try await subject.live.definition.spec
        #expect(seen.labels == ["tier": "web"] && seen.stopGrace == .seconds(90))
        let refused = try await lab.destroy(less)
        #expect(refused.code == 3 && refused.says("guest.web-1 is protected"), "\(refused)")

        // Below what it was started with, a balloon takes free memory and the total stays.
        let free = try await subject.kibibytes("MemFree")
        let balloon = subject.edit {
            $0.fields["memory"] = "96MiB"
            $0.fields["maxMemory"] = "1GiB"
            $0.fields["maxCpus"] = "4"
        }
        try await lab.apply(balloon, changingLive: "memory", "maxMemory", "maxCpus")
        try await subject.expect("awk '/^MemTotal:/ { print $2 }' /proc/meminfo", "\(total)")
        #expect(try await subject.kibibytes("MemFree") < free - (64 + 24) << 10)
        let live = try await subject.live
        #expect(live.definition.spec.maxMemory == .gib(1) && live.definition.spec.maxCPUs == 4)
        #expect(live.process?.spec.maxMemory == .mib(512) && live.process?.spec.maxCPUs == 3, "until its next restart")
    }

    private func arrivals(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let fleet = subject.edit {
            $0.fields["memory"] = "256MiB"
            $0.fields["protect"] = "false"
            $0.disks += ["name: data, size: 16MiB", "name: logs, size: 8MiB"]
            $0.nics.append("name: eth1, network: lan, ipv4: 10.77.0.21")
        }
        try await lab.apply(fleet, changingLive: "memory", "protect", "disks.data", "disks.logs", "nics.eth1")
        try await lab.expectDisk("data", true)
        try await lab.expectDisk("logs", true)
        #expect(await lab.pings("10.77.0.21"))
        let device = try #require(try await lab.device("data"))
        #expect(try await subject.inside("cat /sys/block/\(device)/size") == "32768", "512-byte sectors")
        #expect(try await subject.inside("echo kept >/dev/\(device); sync; head -c 4 /dev/\(device)") == "kept")
    }

    private func limits(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let device = try #require(try await lab.device("data"))
        /// Runs commands in the guest that end with `echo ok`.
        func time(_ commands: String) async throws -> Duration {
            let start = ContinuousClock.now
            #expect(try await subject.inside("\(commands) 2>/dev/null && echo ok") == "ok", "\(commands)")
            return start.duration(to: .now)
        }
        let rates = subject.edit {
            $0.disks[1] = "name: data, size: 32MiB, bandwidth: 1MiB/s"
            $0.disks[2] += ", onRemove: delete"
            $0.nics[0] += ", bandwidth: 8Mbit"
        }
        try await lab.apply(
            rates, changingLive: "disks.data.size", "disks.data.bandwidth", "disks.logs.onRemove", "nics.eth0.bandwidth"
        )
        try await subject.expect("cat /sys/block/\(device)/size", "65536")
        // QEMU lets the last request through as soon as those before it have had their time, and makes one of up to 32
        // of the guest's: 2 MiB, where those are this small.
        let written = try await time(
            "echo 64 >/sys/block/\(device)/queue/max_sectors_kb;"
                + " dd if=/dev/zero of=/dev/\(device) bs=64k seek=16 count=80 conv=fsync")
        #expect(written > .seconds(2), "5 MiB at 1 MiB/s took \(written)")
        #expect(
            try await subject.inside("dd if=/dev/zero of=/var/www/data bs=100k count=30 2>&1; wc -c </var/www/data")
                .hasSuffix("3072000"))
        let start = ContinuousClock.now
        let count = try await lab.execute("sh", "-c", "curl -sS --fail http://\(OpenGuest.address)/data | wc -c")
        #expect(count == "3072000\n")
        let carried = start.duration(to: .now)
        #expect(
            carried > .milliseconds(1_500), "3 MB at 1 MB/s, of which a second's worth goes at once, took \(carried)")

        // Each write is a request of its own.
        let network =
            "apiVersion: lodge/v1\nkind: Network\nmetadata: {name: dmz}\n"
            + "spec: {mode: isolated, ipv4: {subnet: 10.88.0.0/16}}\n"
        subject.fleet.images.append(network)
        let requests = subject.edit {
            $0.disks[1] = "name: data, size: 32MiB, iops: 20"
            $0.nics[0] = "name: eth0, network: lan, ipv4: 10.77.0.10"
            $0.nics[1] = "name: eth1, network: dmz, ipv4: 10.88.0.21"
        }
        try await lab.apply(
            requests, changingLive: "disks.data.iops", "disks.data.bandwidth", "nics.eth0.bandwidth",
            "nics.eth1.network", "nics.eth1.ipv4")
        let line =
            "for i in $(seq 80); do dd if=/dev/zero of=/dev/\(device) bs=4k count=1 seek=$((i + 1000)) conv=fsync"
        let requested = try await time("\(line); done")
        #expect(requested > .seconds(3), "80 writes at 20 a second took \(requested)")
        #expect(await lab.pings("10.88.0.21"), "the guest has the new network's address")
        try await subject.expect("ip -4 -o address show eth1 | grep -c 10.77", "0")
    }

    private func departures(_ subject: inout Subject) async throws {
        let lab = subject.lab
        subject.fleet.images.removeLast()
        let kept = subject.edit {
            $0.disks.remove(at: 1)
            $0.nics.removeLast()
        }
        try await lab.apply(kept, changingLive: "disks.data", "nics.eth1")
        try await lab.expectDisk("data", false)
        #expect(try await subject.inside("ls -d /sys/class/net/eth* | wc -l") == "1")
        #expect(try await lab.live().networks.count == 1)

        // What was kept returns; what was to be deleted is gone, and the guest runs on.
        let deleted = subject.edit {
            $0.disks[1] = "name: data, size: 32MiB"
            $0.disks[0] = "name: root, image: same, size: 8MiB"
        }
        try await lab.apply(
            deleted, changing: "web-1",
            ["disks.logs": "destroy", "disks.data": "live", "disks.root.image": "live"], interrupts: false)
        try await lab.expectDisk("logs", false)
        try await lab.expectDisk("data", true)
        let device = try #require(try await lab.device("data"))
        #expect(try await subject.inside("head -c 4 /dev/\(device)") == "kept")
        #expect(try await subject.live.keptDisks.isEmpty)
    }

    private func seed(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let exchanged = subject.edit {
            $0.cloudInit["hostname"] = "{valueFrom: {file: host-a}}"
            $0.cloudInit["users"] = "[{name: ops}]"
            $0.script.append("# another line")
        }
        try await lab.apply(
            exchanged, changingLive: "cloudInit.hostname", "cloudInit.users", "cloudInit.userData", "valueFrom")
        let page = "http://\(OpenGuest.address)/cgi-bin/seed"
        let seen = await eventually {
            let seed = try? await lab.execute("curl", "-sS", "--max-time", "30", page)
            return ["second", "ops", "# another line"].allSatisfy { seed?.contains($0) == true }
        }
        #expect(seen, "the guest does not see its new seed")

        // With users beside it, its user data is no script that the guest would run after a restart.
        let alone = subject.edit {
            $0.cloudInit["hostname"] = "{valueFrom: {file: host-b}}"
            $0.cloudInit["users"] = nil
        }
        try await lab.apply(alone, changingLive: "valueFrom", "cloudInit.users")
        let terms = subject.edit { $0.cloudInit["onChange"] = "restart" }
        try await lab.apply(terms, changingLive: "cloudInit.onChange")
        #expect(try await subject.live.process?.spec.cloudInit?.onChange == .restart)
    }

    /// Terms of plans are no change; they hold from the next plan on.
    private func terms(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let pid = try await lab.pid("web-1")
        let strict = subject.edit {
            $0.fields["update"] = "{maxImpact: live, order: createFirst}"
            $0.fields["ready"] = "{when: address, timeout: 299s}"
        }
        try await lab.expectConverges(strict)
        var other = subject
        let refused = try await lab.apply(other.edit { $0.fields["cpu"] = "{model: qemu64}" })
        #expect(refused.code == 3 && refused.says("guest.web-1", "update.maxImpact", "cpu.model"), "\(refused)")
        #expect(try await lab.pid("web-1") == pid)
        let lax = subject.edit {
            $0.fields["update"] = nil
            $0.fields["ready"] = nil
        }
        try await lab.expectConverges(lax)
        #expect(try await lab.pid("web-1") == pid)
    }

    /// What cannot be done while it runs, each time several of it at once.
    private func restarts(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let cmdline = "\(OpenGuest.cmdline) lodge.test=1"
        let larger = subject.edit {
            $0.fields["cpus"] = "4"
            $0.fields["memory"] = "640MiB"
            $0.fields["boot"] = "{cmdline: \"\(cmdline)\"}"
            $0.disks += (1...4).map { "name: d\($0), size: 1MiB" }
            $0.nics.append("name: eth1, network: lan, ipv4: 10.77.0.21")
        }
        try await lab.apply(
            larger, changing: "web-1",
            [
                "cpus": "restart", "memory": "restart", "boot.cmdline": "restart", "disks.d1": "live",
                "disks.d2": "live", "disks.d3": "live", "disks.d4": "restart", "nics.eth1": "restart",
            ], interrupts: true)
        try await subject.expect("cat /proc/cmdline", cmdline)
        try await subject.expect("grep -c ^processor /proc/cpuinfo", "4")
        #expect(try await subject.kibibytes("MemTotal") > 560 << 10)
        for serial in ["d1", "d4"] { try await lab.expectDisk(serial, true) }
        #expect(await lab.pings("10.77.0.21"))
        #expect(try await subject.live.process?.spec.maxMemory == .gib(1), "the room that was asked for before")

        for file in ["vmlinuz", "initrd"] {
            let bytes = try Files.read("\(TestGuests.demo)/\(file)")
            try DurableFile.write(bytes + [UInt8](repeating: 0, count: 512), to: "\(lab.folder)/\(file)")
        }
        let smaller = subject.edit {
            $0.fields["cpus"] = "1"
            $0.fields["boot"] = "{kernel: vmlinuz, initrd: initrd, cmdline: \"\(cmdline)\"}"
            $0.disks.swapAt(2, 3)
        }
        try await lab.apply(
            smaller, changing: "web-1",
            [
                "cpus": "restart", "boot.kernel": "restart", "boot.initrd": "restart", "disks.order": "restart",
            ], interrupts: true)
        try await subject.expect("grep -c ^processor /proc/cpuinfo", "1")
        let order = try await subject.inside("for disk in /sys/block/vd*; do echo $(cat $disk/serial); done")
        #expect(order == "root\ndata\nd2\nd1\nd3\nd4", "\(order)")
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
}
