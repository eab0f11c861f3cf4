import FleetModel
import Glibc
import HostSystem
import Testing

/// From a manifest to guests that answer, each kind of change to them, and back to an empty host.
@Suite(.serialized, .needsHost) struct MainPathTests {
    private let root = "{name: root, image: blank, size: 8MiB}"
    private let data = "{name: data, size: 8MiB}"

    @Test func fromManifestToNothingLeft() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = try await Fleet.three(in: lab)

            let validation = try await lab.lodge("validate", "-f", try lab.write(fleet))
            #expect(validation.code == 0 && validation.says("The manifests are valid."), "\(validation)")
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("Plan: 5 to add, 0 to change, 0 to destroy."), "\(plan)")
            #expect(plan.says("# guest.web-1 will be created", "10.77.0.16"), "\(plan)")
            try await lab.expect(before)

            let apply = try await lab.apply(fleet)
            #expect(apply.code == 0, "\(apply)")
            #expect(apply.says("Apply complete! Resources: 5 added, 0 changed, 0 destroyed."), "\(apply)")
            for address in Fleet.threeAddresses { #expect(await lab.pings(address), "\(address) does not answer") }
            let status = try await lab.lodge("status", "-f", try lab.write(fleet))
            for (name, address) in zip(["web-1", "web-2", "web-3"], Fleet.threeAddresses) {
                let line = status.output.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
                #expect(line.contains("running") && line.contains(address) && line.hasSuffix("-"), "\(status)")
            }
            let show = try await lab.lodge("show")
            #expect(show.says("Fleet e2e", "10.77.0.0/16", "52:54:00:00:00:11"), "\(show)")
            try await lab.expectNoChanges(fleet)
            let again = try await lab.apply(fleet)
            #expect(again.code == 0 && again.says("No changes."), "\(again)")

            let destroy = try await lab.destroy(fleet)
            #expect(destroy.code == 0 && destroy.says("Destroy complete! Resources: 5 destroyed."), "\(destroy)")
            #expect(!destroy.says("was turned off"), "the tiny guest honours the power button: \(destroy)")
            try await lab.expect(before)
        }
    }

    /// Impact row: guest.metadata.formerly.any, guest.metadata.labels.any, network.ipv4.dhcp.range.any
    @Test func whatChangesLiveKeepsTheProcess() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            fleet.guests = [Fleet.tiny("web-1", 16, ["disks: [\(root)]"])]
            try await lab.expectConverges(fleet)
            let pid = try await lab.pid("web-1")

            fleet.guests = [Fleet.tiny("www", 16, metadata: ["formerly: web-1"], ["disks: [\(root)]"])]
            let rename = try await lab.plan(fleet)
            #expect(rename.code == 2 && rename.says("renamed from guest.web-1, and kept", "(live)"), "\(rename)")
            try await lab.expectConverges(fleet)
            #expect(try await lab.pid("www") == pid)
            #expect(try await lab.ip("-d", "link").contains("/guest/www/eth0"), "the tap's alias has the new name")

            fleet.guests[0].metadata.append("labels: {tier: web}")
            let label = try await lab.plan(fleet)
            #expect(label.code == 2 && label.says("labels", "(live)"), "\(label)")
            try await lab.expectConverges(fleet)
            #expect(try await lab.pid("www") == pid)

            fleet.range = "10.77.2.0-10.77.2.50"
            let range = try await lab.plan(fleet)
            #expect(range.says("10.77.1.0-10.77.1.250 -> 10.77.2.0-10.77.2.50", "(live)"), "\(range)")
            try await lab.expectConverges(fleet)
            #expect(try await lab.pid("www") == pid)
            #expect(await lab.pings("10.77.0.16"))

            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// Impact row: guest.memory.more-microvm, guest.disks.add-microvm, guest.disks.size.more
    /// Impact row: guest.disks.remove-restart
    @Test func memoryAndDisksRestartTheGuest() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            fleet.guests = [Fleet.tiny("web-1", 16, ["disks: [\(root)]"]), Fleet.tiny("web-2", 17)]
            try await lab.expectConverges(fleet)
            let pids = (try await lab.pid("web-1"), try await lab.pid("web-2"))

            fleet.guests[0] = Fleet.tiny("web-1", 16, ["memory: 24MiB", "disks: [\(root)]"])
            let memory = try await lab.plan(fleet)
            #expect(memory.code == 2 && memory.says("16MiB -> 24MiB", "(restart)"), "\(memory)")
            #expect(memory.says("Plan: 0 to add, 1 to change, 0 to destroy."), "\(memory)")
            try await lab.expectConverges(fleet)
            #expect(try await lab.pid("web-1") != pids.0)
            #expect(try await lab.pid("web-2") == pids.1, "the other guest is not touched")
            #expect(try await lab.guest("web-1").process?.spec.memory == .mib(24))

            fleet.guests[0] = Fleet.tiny("web-1", 16, ["memory: 24MiB", "disks: [\(root), \(data)]"])
            try await lab.expectConverges(fleet)
            let disk = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).path + "/data.qcow2"
            try await write("kept", into: disk, of: "web-1", with: &fleet, lab)
            let grown = "{name: data, size: 16MiB}"
            fleet.guests[0] = Fleet.tiny("web-1", 16, ["memory: 24MiB", "disks: [\(root), \(grown)]"])
            let growth = try await lab.plan(fleet)
            #expect(growth.code == 2 && growth.says("8MiB -> 16MiB", "(live)"), "\(growth)")
            try await lab.expectConverges(fleet)
            #expect(try await read(disk).hasPrefix("kept"), "what was on the disk is still there")
            let size = try await Command.run("qemu-img", ["info", "-U", disk], package: "qemu-utils")
            #expect(size.contains("16 MiB"), "\(size)")

            fleet.guests[0] = Fleet.tiny("web-1", 16, ["memory: 24MiB", "disks: [\(root)]"])
            let removal = try await lab.plan(fleet)
            #expect(removal.code == 2 && removal.says("disks.data"), "\(removal)")
            try await lab.expectConverges(fleet)
            #expect(await lab.pings("10.77.0.16"))

            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// Impact row: guest.disks.image.root, image.sha256.any
    @Test func replacementKeepsWhatIsTheGuests() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            fleet.guests = [Fleet.tiny("web-1", 16, ["disks: [\(root), \(data)]"])]
            try await lab.expectConverges(fleet)
            let first = try await lab.guest("web-1").definition
            let folder = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).path
            try await write("kept", into: "\(folder)/data.qcow2", of: "web-1", with: &fleet, lab)
            #expect(try await read("\(folder)/root.qcow2").hasPrefix("blank"))

            fleet.images = [try await lab.blankImage("blank", content: "version 2")]
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("guest.web-1 must be replaced", "forces replacement"), "\(plan)")
            #expect(plan.says("web-1  local", "new root disk"), "\(plan)")
            try await lab.expectConverges(fleet)

            let second = try await lab.guest("web-1").definition
            #expect(try await read("\(folder)/root.qcow2").hasPrefix("blank version 2"), "the root disk is new")
            #expect(try await read("\(folder)/data.qcow2").hasPrefix("kept"), "the data disk is not")
            #expect(second.id == first.id && second.spec.nics == first.spec.nics, "MAC and address stay")
            #expect(await lab.pings("10.77.0.16"))

            // Back to the image, with nothing changed in the manifest.
            try await write("spoilt", into: "\(folder)/root.qcow2", of: "web-1", with: &fleet, lab)
            let run = try lab.start(["reset", "web-1", "-f", try lab.write(fleet), "--auto-approve"])
            let reset = try await run.result()
            #expect(reset.code == 0 && reset.says("requested by", "Reset complete! Guests: 1 reset."), "\(reset)")
            #expect(try await read("\(folder)/root.qcow2").hasPrefix("blank version 2"), "the root disk is new")
            #expect(try await read("\(folder)/data.qcow2").hasPrefix("kept"), "the data disk is not")
            #expect(try await lab.guest("web-1").definition.spec == second.spec)
            #expect(await lab.pings("10.77.0.16"))
            try await lab.expectNoChanges(fleet)

            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// Impact row: guest.power.start, guest.power.stop
    @Test func power() async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16, ["power: stopped"])]
            let created = try await lab.apply(fleet)
            #expect(created.code == 0 && !created.says("guest.web-1: start"), "\(created)")
            try await lab.expectNoChanges(fleet)
            #expect(try await lab.guest("web-1").process == nil)

            fleet.guests = [Fleet.tiny("web-1", 16)]
            try await lab.expectConverges(fleet)
            #expect(await lab.pings("10.77.0.16"))

            fleet.guests = [Fleet.tiny("web-1", 16, ["power: stopped"])]
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("running -> stopped"), "\(plan)")
            let stopped = try await lab.apply(fleet)
            #expect(stopped.code == 0 && !stopped.says("was turned off"), "\(stopped)")
            try await lab.expectNoChanges(fleet)
            #expect(try await lab.guest("web-1").state == .stopped)
            let status = try await lab.lodge("status")
            #expect(status.says("stopped"), "\(status)")
            #expect(try await lab.destroy(fleet).code == 0)
        }
    }

    @Test(.needsKVM) func underKVM() async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16, ["accelerator: kvm"])]
            try await lab.expectConverges(fleet)
            let guest = try await lab.guest("web-1")
            #expect(guest.process?.spec.accelerator == .kvm)
            let entry = try #require(ProcessTable.entry(try await lab.pid("web-1")))
            let line = entry.arguments.joined(separator: " ")
            #expect(line.contains("-accel kvm") && !line.contains("tcg"), "\(line)")
            let descriptors = try Files.list("/proc/\(entry.pid)/fd").compactMap {
                linkTarget("/proc/\(entry.pid)/fd/\($0)")
            }
            #expect(descriptors.contains("anon_inode:kvm-vm") && descriptors.contains { $0.contains("kvm-vcpu") })
            #expect(await lab.pings("10.77.0.16"))
            let destroy = try await lab.destroy(fleet)
            #expect(destroy.code == 0 && !destroy.says("was turned off"), "\(destroy)")
        }
    }

    /// Writes text at the beginning of a guest's disk, while the guest is stopped.
    private func write(
        _ text: String, into disk: String, of guest: String, with fleet: inout Fleet, _ lab: Lab
    ) async throws {
        let index = try #require(fleet.guests.firstIndex { $0.name == guest })
        fleet.guests[index].fields.append("power: stopped")
        #expect(try await lab.apply(fleet).code == 0)
        let file = "\(lab.folder)/text"
        try DurableFile.write(Array(text.utf8), to: file)
        try await Command.run(
            "qemu-io", ["-f", "qcow2", "-c", "write -s \(file) 0 512", disk], package: "qemu-utils")
        fleet.guests[index].fields.removeLast()
        try await lab.expectConverges(fleet)
    }

    /// The first bytes of a guest's disk.
    private func read(_ disk: String) async throws -> String {
        let file = "\(disk.replacing("/", with: "_")).raw"
        let target = "/tmp/\(file)"
        defer { try? Files.remove(target) }
        try await Command.run(
            "qemu-img", ["convert", "-U", "-O", "raw", "-S", "0", disk, target], package: "qemu-utils")
        let bytes = try Files.read(target).prefix(64)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
