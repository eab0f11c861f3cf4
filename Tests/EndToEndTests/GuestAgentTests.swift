import FleetModel
import Glibc
import HostSystem
import Testing

/// Programs and files in a Linux guest with Debian's QEMU guest agent.
@Suite(.serialized, .needsHost) struct GuestAgentTests {
    @Test func programsAndFilesInAGuest() async throws {
        try await Lab.run { lab in
            var fleet = OpenGuest.fleet(memory: "256MiB")
            let initrd = "initrd: \(TestGuests.demo)/initrd"
            fleet.defaults = fleet.defaults.map { $0.replacing(initrd, with: "initrd: \(TestGuests.agentInitrd)") }
            fleet.guests[0].fields.append("ready: {when: agent, timeout: 280s}")
            fleet.guests.append(Fleet.Guest(name: "off", fields: ["ready: {when: started}", "power: stopped"]))
            try await lab.expectConverges(fleet)
            // It was waited for.
            #expect(try await lab.lodge("exec", "web-1", "--", "true").code == 0)
            try await cloudInitReports(lab)
            try await programs(lab)
            try await files(lab)
            try await interruptedCopy(lab)
            let off = try await lab.lodge("exec", "off", "--", "true")
            #expect(off.code == 1 && off.says("does not run", "lodge start off"), "\(off)")
            #expect(try await lab.destroy(fleet).code == 0)
        }
    }

    /// This guest has no cloud-init: what one would say is put in its place.
    private func cloudInitReports(_ lab: Lab) async throws {
        #expect(!(try await lab.lodge("status").says("CLOUD-INIT")))
        let path = "/run/cloud-init/status.json"
        let stages =
            #""init-local": {"errors": [], "finished": 2.5}, "init": {"errors": ["no", "disk"], "finished": 3}"#
        func says(_ text: String) async throws -> LodgeResult {
            _ = try await lab.inside("mkdir -p /run/cloud-init; cat >\(path) <<'END'\n\(text)\nEND")
            return try await lab.lodge("status")
        }
        func file(finished: String) -> String {
            "{\"v1\": {\(stages), \"modules-final\": {\"finished\": \(finished)}}}"
        }
        #expect(try await says(file(finished: "null")).says(" running     -"))
        #expect(try await says(file(finished: "9")).says(" error: no "))
        #expect(!(try await says("no JSON").says("CLOUD-INIT")))
        _ = try await lab.inside("rm -r /run/cloud-init")
    }

    private func programs(_ lab: Lab) async throws {
        let script = "echo out; echo err >&2; exit 3"
        let answered = try await eventually {
            let result = try await lab.lodge("exec", "web-1", "--", "sh", "-c", script)
            return (result.code, result.output, result.errors) == (3, "out\n", "err\n")
        }
        #expect(answered, "the agent does not answer")
        let echo = "cat; printf '%s ' \"$@\""
        let cat = try await lab.lodge(
            "exec", "-i", "web-1", "--", "sh", "-c", echo, "sh", "-f", "--", "--help", input: "a\u{1B}b\n")
        #expect(cat.code == 0 && cat.output == "a\u{1B}b\n-f -- --help ", "\(cat)")
        let input = try await lab.lodge("exec", "web-1", "--stdin", "--", "wc", "-c", input: "12345")
        #expect(input.code == 0 && input.output.split(separator: " ").first?.hasPrefix("5") == true, "\(input)")
        #expect(try await lab.lodge("exec", "web-1", "--", "sh", "-c", "kill -9 $$").code == 137)
        let unknown = try await lab.lodge("exec", "web-1", "--", "/no/such/program")
        #expect(unknown.code == 1 && unknown.says("run /no/such/program in guest web-1", "No such file"), "\(unknown)")
        #expect(try await lab.lodge("exec", "web-1").code == 64)

        // One that takes its time keeps nobody from another one, and outlives the wait for it.
        let long = try lab.start(["exec", "web-1", "--", "sh", "-c", "sleep 2; echo here >/tmp/long; sleep 100000"])
        #expect(try await lab.inside("until [ -e /tmp/long ]; do usleep 10000; done; cat /tmp/long") == "here\n")
        #expect(try await lab.lodge("exec", "web-1", "--", "cat", "/tmp/long").output == "here\n")
        long.signal(SIGINT)
        #expect(try await long.result().code == 130)
        #expect(try await lab.inside("pgrep -f 'sleep 100000' | wc -l").hasPrefix("0") == false)
    }

    private func files(_ lab: Lab) async throws {
        let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B1) >> 13) }
        let here = "\(lab.folder)/sent file"
        try DurableFile.write(bytes, to: here, mode: 0o750)
        let sent = try await lab.lodge("copy", here, "web-1:/tmp/")
        #expect(sent.code == 0 && sent.text.isEmpty, "\(sent)")
        #expect(try await lab.inside("stat -c '%a %s' '/tmp/sent file'") == "750 1000003\n")
        let back = "\(lab.folder)/back"
        let received = try await lab.lodge("copy", "e2e/web-1:/tmp/sent file", back)
        #expect(received.code == 0, "\(received)")
        #expect(try Files.read(back) == bytes)
        var status = stat()
        #expect(stat(back, &status) == 0 && status.st_mode & 0o7777 == 0o750)

        for arguments in [["copy", here, "web-1:/no/such/folder/x"], ["copy", "web-1:/no/such", back + "2"]] {
            let failed = try await lab.start(arguments).result()
            #expect(failed.code == 1 && failed.says("in guest web-1"), "\(failed)")
        }
        #expect(try await lab.lodge("copy", here, back).code == 64)
        #expect(try Files.list(lab.folder).allSatisfy { !$0.hasPrefix("back2") })
    }

    /// What was at its place stays, and nothing else does.
    private func interruptedCopy(_ lab: Lab) async throws {
        let large = "\(lab.folder)/large"
        try DurableFile.write([UInt8](repeating: 0x61, count: 48 << 20), to: large)
        _ = try await lab.inside("mkdir /tmp/copies; echo before >/tmp/copies/large")
        let copy = try lab.start(["copy", large, "web-1:/tmp/copies"])
        let begun = try await eventually {
            try await lab.inside("find /tmp/copies -name '*.lodge-*' -size +64k | wc -l").hasPrefix("1")
        }
        #expect(begun, "\(copy.soFar)")
        // While it runs, others have their turn.
        #expect(try await lab.lodge("exec", "web-1", "--", "true").code == 0)
        copy.signal(SIGINT)
        let result = try await copy.result()
        #expect(result.code == 130, "\(result)")
        #expect(try await lab.inside("ls /tmp/copies; cat /tmp/copies/large") == "large\nbefore\n")

        let readBack = try lab.start(["copy", "web-1:/bin/busybox", "\(lab.folder)/out/busybox"])
        #expect(try await readBack.result().code == 1, "there is no such folder here")
    }
}
