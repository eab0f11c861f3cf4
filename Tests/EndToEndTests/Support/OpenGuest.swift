import FleetModel
import HostSystem
import Testing

/// A Linux guest that runs the commands it is sent over HTTP, to look inside.
enum OpenGuest {
    static let address = "10.77.0.10"

    /// What makes it one: its user data, line by line.
    static let script = [
        "#!/bin/sh",
        "printf '#!/bin/sh\\nprintf \"Content-Type: text/plain\\\\r\\\\n\\\\r\\\\n\"\\nsh 2>&1\\n' >/tmp/run",
        "chmod +x /tmp/run; mv /tmp/run /var/www/cgi-bin/run",
    ]

    static let cmdline = (Files.text("\(TestGuests.demo)/cmdline") ?? "").filter { $0 != "\n" }

    static func fleet(memory: String = "128MiB", _ fields: [String] = []) -> Fleet {
        var fleet = Fleet()
        let image = TestGuests.demo
        fleet.defaults = [
            "accelerator: tcg", "memory: \(memory)", "boot:", "  kernel: \(image)/vmlinuz",
            "  initrd: \(image)/initrd", "  cmdline: \"\(cmdline)\"",
            "stop: {graceful: 120s}", "ready: {when: \"tcp:80\", timeout: 300s}",
        ]
        fleet.guests = [
            Fleet.Guest(
                name: "web-1",
                fields: ["nics: [{name: eth0, network: lan, ipv4: \(address)}]"] + fields
                    + ["cloudInit:", "  userData: |"] + script.map { "    " + $0 })
        ]
        return fleet
    }
}

extension Lab {
    /// What the commands print in the guest. Waits until it takes commands.
    func inside(_ commands: String, at address: String = OpenGuest.address) async throws -> String {
        var answer: String?
        _ = await eventually {
            answer = try? await execute(
                "curl", "-sS", "--fail", "--max-time", "120", "--data-binary", commands, "http://\(address)/cgi-bin/run"
            )
            return answer != nil
        }
        return try #require(answer, "the guest at \(address) does not answer to: \(commands)")
    }

    /// The guest's name for the disk with this serial number, such as `vdb`; nil where it has none.
    func device(_ serial: String) async throws -> String? {
        let line = "grep -lx \(serial) /sys/block/*/serial 2>/dev/null"
        return try await inside(line).split(separator: "/").dropFirst(2).first.map(String.init)
    }

    /// Waits until the guest has, or has not, a disk with this serial number.
    func expectDisk(_ serial: String, _ present: Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let settled = try await eventually { (try await device(serial) != nil) == present }
        #expect(settled, "the guest \(present ? "lacks" : "still has") \(serial)", sourceLocation: sourceLocation)
    }
}
