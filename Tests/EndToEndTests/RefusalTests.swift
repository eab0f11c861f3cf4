import FleetModel
import Glibc
import HostSystem
import Testing

/// What cannot be done is said before anything is touched: what, on what, why, and what to do.
@Suite(.serialized, .needsHost) struct RefusalTests {
    private func expectRefusal(
        _ fleet: Fleet, _ lab: Lab, code: Int32, _ words: String..., wrapper: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await lab.census()
        for result in [try await lab.plan(fleet, wrapper: wrapper), try await lab.apply(fleet, wrapper: wrapper)] {
            #expect(result.code == code, "\(result)", sourceLocation: sourceLocation)
            for word in words {
                #expect(result.says(word), "it does not say “\(word)”: \(result)", sourceLocation: sourceLocation)
            }
        }
        try await lab.expect(before, sourceLocation: sourceLocation)
    }

    @Test func manifestsThatCannotBe() async throws {
        try await Lab.run { lab in
            let good = try await Fleet.three(in: lab)
            var fleet = good
            fleet.guests[0].fields.append("memroy: 1GiB")
            try await expectRefusal(fleet, lab, code: 1, "e2e.yaml:", "memroy", "did you mean", "memory")

            fleet = good
            fleet.guests[1] = Fleet.tiny("web-2", 16)
            try await expectRefusal(fleet, lab, code: 1, "e2e.yaml:", "10.77.0.16 is taken already", "take another one")

            fleet = good
            fleet.subnet = "10.99.0.0/16"
            fleet.range = "10.99.1.0-10.99.1.10"
            try await expectRefusal(fleet, lab, code: 1, "10.77.0.16", "10.99.0.0/16")

            fleet = good
            fleet.images = [
                try await lab.blankImage("blank").replacing("blank.raw", with: "nothing.raw")
            ]
            try await expectRefusal(fleet, lab, code: 1, "nothing.raw", "No such file")

            fleet = good
            fleet.images = [
                try await lab.blankImage("blank", extra: "  sha256: \"\(String(repeating: "0", count: 64))\"\n")
            ]
            try await expectRefusal(fleet, lab, code: 1, "sha256", "000000000000")

            let path = "\(lab.folder)/torn.yaml"
            try DurableFile.write(Array("kind: [Fleet\nmetadata: {name\n".utf8), to: path)
            let before = try await lab.census()
            let torn = try await lab.lodge("apply", "-f", path, "--auto-approve")
            #expect(torn.code == 1 && torn.says("torn.yaml:"), "\(torn)")
            try await lab.expect(before)
        }
    }

    @Test func subnetThatTheHostHasAlready() async throws {
        try await Lab.run { lab in
            try await lab.ip("link", "add", "uplink0", "type", "veth", "peer", "name", "uplink1")
            try await lab.ip("addr", "add", "10.77.5.1/24", "dev", "uplink0")
            try await lab.ip("link", "set", "uplink0", "up")
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16)]
            try await expectRefusal(
                fleet, lab, code: 3, "network.lan", "10.77.0.0/16 overlaps 10.77.5.0/24", "uplink0",
                "choose another ipv4.subnet")
        }
    }

    @Test func moreMemoryThanThereIs() async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16), Fleet.tiny("large", 17, ["memory: 1TiB"])]
            try await expectRefusal(
                fleet, lab, code: 3, "host.local lacks", "allocatable", "measured", "reserved", "needed",
                "guest.large, started by this plan", "lower memory by", "power: stopped")
        }
    }

    @Test func noRoot() async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16)]
            let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            try await expectRefusal(fleet, lab, code: 1, "host local", "root", "sudo", wrapper: nobody)
            // Reading manifests needs no privilege.
            let validation = try await lab.lodge("validate", "-f", try lab.write(fleet), wrapper: nobody)
            #expect(validation.code == 0, "\(validation)")
        }
    }

    @Test func unusableKVM() async throws {
        try await Lab.run { lab in
            try Files.remove(lab.layout.probeFile)
            let hidden = Hiding.paths(["/dev/kvm"])
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16, ["accelerator: kvm"])]
            try await expectRefusal(fleet, lab, code: 3, "guest.web-1", "KVM", wrapper: hidden)
            try await expectRefusal(
                fleet, lab, code: 3, "guest.web-1", "there is no /dev/kvm", wrapper: Hiding.device("/dev/kvm", lab))

            fleet.guests = [Fleet.tiny("web-1", 16, ["accelerator: auto"])]
            let plan = try await lab.plan(fleet, wrapper: Hiding.device("/dev/kvm", lab))
            #expect(plan.code == 2 && plan.says("tcg", "there is no /dev/kvm"), "\(plan)")
            let apply = try await lab.apply(fleet, wrapper: hidden)
            #expect(apply.code == 0 && apply.says("tcg"), "\(apply)")
            #expect(await lab.pings("10.77.0.16"))
            #expect(try await lab.destroy(fleet).code == 0)
        }
    }
}

/// Commands that run the rest of their command line where something of the machine is not to be had: in a mount
/// namespace of its own, which ends with it.
enum Hiding {
    /// The files are there, but can be neither opened nor started: an empty file without permissions lies over each.
    static func paths(_ paths: [String]) -> [String] {
        let binds = paths.map { "mount --bind /dev/null \($0)" }
        return shell(["mount --make-rprivate /"] + binds)
    }

    /// A `/dev` without the device, and with those that guests need.
    static func device(_ path: String, _ lab: Lab) -> [String] {
        let folder = "\(lab.folder)/dev"
        let others = ["null", "zero", "full", "random", "urandom", "tty", "net/tun", "kvm"].filter {
            "/dev/\($0)" != path
        }
        return shell(
            ["mount --make-rprivate /", "mkdir -p \(folder)", "mount -t tmpfs -o mode=755 tmpfs \(folder)"]
                + ["mkdir \(folder)/net"]
                + others.map { "touch \(folder)/\($0); mount --bind /dev/\($0) \(folder)/\($0)" }
                + ["mount --rbind \(folder) /dev"])
    }

    private static func shell(_ lines: [String]) -> [String] {
        ["unshare", "-m", "/bin/bash", "-ec", (lines + ["exec \"$@\""]).joined(separator: "\n"), "bash"]
    }
}
