import FleetModel
import Glibc
import HostSystem
import Testing

/// A Linux guest from the demo image, as a user has it: booted from kernel and initrd, with a seed and a disk.
@Suite(.serialized, .needsHost) struct LinuxGuestTests {
    private static func fleet(in lab: Lab) -> Fleet {
        var fleet = Fleet()
        let image = TestGuests.demo
        fleet.defaults = [
            "accelerator: tcg", "memory: 128MiB", "disks: [{name: data, image: demo-data, size: 64MiB}]",
            "boot:", "  kernel: \(image)/vmlinuz", "  initrd: \(image)/initrd",
            "  cmdline: \"\((Files.text("\(image)/cmdline") ?? "").filter { $0 != "\n" })\"",
            "stop: {graceful: 120s}",
        ]
        fleet.images = [
            "apiVersion: lodge/v1\nkind: Image\nmetadata:\n  name: demo-data\nspec:\n  source: \(image)/root.qcow2\n"
                + "  format: qcow2\n"
        ]
        fleet.guests = [
            Fleet.Guest(
                name: "web-1",
                fields: [
                    "nics: [{name: eth0, network: lan, ipv4: 10.77.0.10}]", "ready: {when: \"tcp:80\", timeout: 300s}",
                    "cloudInit:", "  hostname: first", "  userData: |", "    #!/bin/sh",
                    "    echo \"user data ran on $(hostname)\" > /var/www/user-data",
                ]),
            Fleet.Guest(
                name: "db-1",
                fields: [
                    "nics: [{name: eth0, network: lan}]",
                    "ready: {when: 'console:\"login:\"', timeout: 300s}", "cloudInit: {}",
                ]),
        ]
        return fleet
    }

    @Test func theDemoGuestAsAUserHasIt() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = Self.fleet(in: lab)
            try await lab.expectConverges(fleet)

            try await namesAndAddresses(lab)
            try await console(lab)
            try confinement(of: try await lab.pid("web-1"))
            try await boundedLog(lab)

            let destroy = try await lab.destroy(fleet)
            #expect(destroy.code == 0 && !destroy.says("was turned off"), "\(destroy)")
            try await lab.expect(before)
        }
    }

    private func namesAndAddresses(_ lab: Lab) async throws {
        #expect(try await fetch("http://10.77.0.10/", lab) == "first\n", "the hostname of its cloudInit")
        let status = try await fetch("http://10.77.0.10/cgi-bin/status", lab)
        #expect(status.contains("address-eth0=10.77.0.10"), "\(status)")
        #expect(
            await eventually { (try? await fetch("http://10.77.0.10/user-data", lab)) == "user data ran on first\n" },
            "its user data did not run")

        // An address that Lodge drew, given by DHCP, and its name.
        let database = try #require(try await lab.guest("db-1").definition.spec.nics.first)
        #expect(await lab.pings("\(database.ipv4)"))
        let leases = try #require(Files.text(lab.layout.network(Name(parsing: "e2e")!, Name(parsing: "lan")!).leases))
        #expect(leases.contains("\(database.mac) \(database.ipv4) db-1"), "\(leases)")
        #expect(try await fetch("http://\(database.ipv4)/", lab) == "db-1\n")
        for (name, address) in [("first", "10.77.0.10"), ("db-1", "\(database.ipv4)")] {
            let answer = try await lab.execute("busybox", "nslookup", "-type=a", "\(name).e2e.internal", "10.77.0.1")
            #expect(answer.contains("Address: \(address)"), "\(answer)")
        }
    }

    private func console(_ lab: Lab) async throws {
        // Logged in or not, a line or two later the shell answers.
        let answered = try await eventually {
            let result = try await lab.lodge("console", "web-1", input: "\nroot\n\necho hi-$((40+2))\n")
            #expect(result.code == 0, "\(result)")
            return result.says("hi-42")
        }
        #expect(answered, "the shell did not answer on the console")
    }

    /// The process can do little: an unprivileged user, no capability, system calls filtered, nothing open but what
    /// the guest needs.
    private func confinement(of pid: Int32) throws {
        let status = try #require(Files.text("/proc/\(pid)/status")).split(separator: "\n").map { line in
            line.split(whereSeparator: { $0 == "\t" || $0 == " " }).map(String.init)
        }
        func field(_ name: String) -> [String] {
            status.first { $0.first == name + ":" }.map { Array($0.dropFirst()) } ?? []
        }
        let user = try #require(getpwnam("lodge-qemu")).pointee.pw_uid
        #expect(field("Uid") == Array(repeating: "\(user)", count: 4))
        #expect(field("Seccomp") == ["2"])
        for set in ["CapEff", "CapPrm", "CapInh", "CapAmb"] { #expect(field(set) == ["0000000000000000"], "\(set)") }
        #expect(field("Groups").allSatisfy { $0 != "0" }, "\(field("Groups"))")

        let expected = [
            "/dev/null", "/dev/net/tun", "/dev/urandom", "/dev/random", "socket:", "pipe:", "anon_inode:",
            "/qemu.log", "/pid", "/data.qcow2", "/seed.iso", "/images/", "/memfd:",
        ]
        let open = try Files.list("/proc/\(pid)/fd").compactMap { linkTarget("/proc/\(pid)/fd/\($0)") }
        for target in open {
            #expect(expected.contains { target.contains($0) }, "QEMU has \(target) open")
        }
        #expect(open.count { $0 == "/dev/net/tun" } == 1)
    }

    /// More than two megabytes on the serial console leave at most one in the log.
    private func boundedLog(_ lab: Lab) async throws {
        let folder = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).consoleFolder
        let line =
            "\nroot\n\ndd if=/dev/zero bs=1k count=2200 2>/dev/null | tr '\\0' '#'; echo; echo $((1+1))-out\n"
        _ = try await lab.lodge("console", "web-1", input: line)
        var largest: Int64 = 0
        let deadline = ContinuousClock.now + .seconds(240)
        var text = ""
        while !text.contains("2-out"), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
            largest = max(largest, try Files.list(folder).compactMap { Files.size("\(folder)/\($0)") }.reduce(0, +))
            text = Files.text("\(folder)/log") ?? ""
        }
        #expect(text.contains("2-out"), "the guest did not print it all: \(text.suffix(300))")
        #expect(largest > 500_000 && largest <= 1 << 20, "the log has had \(largest) bytes")
    }

    private func fetch(_ address: String, _ lab: Lab) async throws -> String {
        try await lab.execute("curl", "-sS", "--max-time", "30", address)
    }
}
