import FleetModel
import HostSystem
import Testing

/// What changed manifests do to a network with guests on it, seen by the guests.
@Suite(.serialized, .needsHost) struct ApplyNetworkTests {
    /// The manifest of the network, field by field, and a connection through it.
    private struct Subject {
        let lab: Lab
        let outside: Outside
        var fleet: Fleet
        var mode = "nat"
        var subnet = "10.77.0.0/16"
        var dhcp = "range: 10.77.1.0-10.77.1.250"
        var dns = "domain: e2e.internal"
        var others: [String] = []
        /// Where the Linux guest is.
        var address = OpenGuest.address

        mutating func write() -> Fleet {
            fleet.networkSpec =
                ["mode: \(mode)", "ipv4: {subnet: \(subnet), dhcp: {\(dhcp)}}", "dns: {\(dns)}"] + others
            return fleet
        }

        /// Applies what the manifests say now: the plan changes exactly these fields of the network, live, and no
        /// guest that runs goes down.
        mutating func apply(
            _ fields: String..., also others: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let fleet = write()
            let plan = try await lab.planned(fleet)
            let address = "network.\(fleet.network)"
            let changed = try plan.fields(of: address)
            #expect(changed == fields.reduce(into: [:]) { $0[$1] = "live" }, sourceLocation: sourceLocation)
            let addresses = Set(plan.resourceChanges.map(\.address))
            #expect(addresses == others.union([address]), sourceLocation: sourceLocation)
            #expect(!plan.steps.contains { $0.verb == "stop" }, sourceLocation: sourceLocation)
            let pid = try await lab.pid("web-1")
            try await lab.expectConverges(fleet, sourceLocation: sourceLocation)
            #expect(try await lab.pid("web-1") == pid, sourceLocation: sourceLocation)
        }

        func inside(_ commands: String) async throws -> String { try await lab.inside(commands, at: address) }

        /// Pings within a second, from the Linux guest.
        func reaches(_ address: String, from source: String = "") async throws -> Bool {
            let option = source.isEmpty ? "" : "-I \(source)"
            return try await inside("ping -c 1 -W 1 \(option) \(address) >/dev/null 2>&1 && echo yes").hasPrefix("yes")
        }

        private var heard: String { "\(lab.folder)/heard" }

        /// Opens a connection from the guest to the world, which stays open.
        func connect() async throws {
            try outside.start("tail -f /dev/null | busybox nc -l -p 9000 >\(heard)")
            let listens = try await eventually {
                // Port 9000, as proc(5) has it.
                try await outside.execute("cat", "/proc/net/tcp6", "/proc/net/tcp").contains(":2328 ")
            }
            #expect(listens, "nobody listens outside")
            _ = try await inside(
                "touch /tmp/said; (tail -f /tmp/said | nc \(Outside.address) 9000) </dev/null >/dev/null 2>&1 &")
            await say("connected")
        }

        /// The connection still carries a word.
        func say(_ word: String, sourceLocation: SourceLocation = #_sourceLocation) async {
            let said = await eventually {
                guard (try? await inside("grep -qx \(word) /tmp/said || echo \(word) >>/tmp/said")) != nil else {
                    return false
                }
                return Files.text(heard)?.contains(word) == true
            }
            #expect(said, "the connection is cut: \(word)", sourceLocation: sourceLocation)
        }
    }

    /// A tiny guest beside Linux ones, whose defaults it does not take.
    private static func tiny(_ name: String, _ nic: String, ready: String) -> Fleet.Guest {
        Fleet.Guest(
            name: name,
            fields: [
                "machine: microvm", "accelerator: \(TestGuests.accelerator)", "cpu: {model: qemu64}",
                "memory: 16MiB", "boot: {kernel: null, initrd: null, cmdline: null, image: \(TestGuests.tiny)}",
                "ready: {when: \(ready)}", "nics: [{name: eth0, \(nic)}]",
            ])
    }

    /// Impact row: network.ipv4.dhcp.range.any, network.ipv4.dhcp.lease.any, network.dns.domain.any
    /// Impact row: network.dns.upstream.any, network.mtu.any, network.filter.spoofing.any
    /// Impact row: network.filter.betweenGuests.any, network.mode.any, network.metadata.formerly.any
    /// Impact row: network.metadata.name.any, guest.nics.network.renamed
    @Test func aNetworkThatChangesUnderItsGuests() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            try await Outside.run(of: lab) { outside in
                var fleet = OpenGuest.fleet()
                fleet.guests.append(
                    Self.tiny(
                        "db-1", "network: lan, mac: \"52:54:00:00:00:11\", ipv4: 10.77.0.17", ready: "address"))
                var subject = Subject(lab: lab, outside: outside, fleet: fleet)
                try await lab.expectConverges(subject.write())
                let boot = try await subject.inside("cat /proc/sys/kernel/random/boot_id")
                try await subject.connect()
                try await services(&subject)
                try await filters(&subject)
                try await packets(&subject)
                try await names(&subject)
                try await modes(&subject)
                #expect(try await subject.inside("cat /proc/sys/kernel/random/boot_id") == boot, "it was restarted")
                #expect(try await lab.destroy(subject.fleet).code == 0)
            }
            try await lab.expect(before)
        }
    }

    /// Leases and names.
    private func services(_ subject: inout Subject) async throws {
        let lab = subject.lab
        subject.dhcp = "range: 10.77.2.0-10.77.2.50, lease: 10m"
        subject.fleet.guests.append(Self.tiny("late", "network: lan", ready: "started"))
        try await subject.apply("ipv4.dhcp.range", "ipv4.dhcp.lease", also: ["guest.late"])
        await subject.say("range")
        let drawn = try #require(try await lab.guest("late").definition.spec.nics.first?.ipv4)
        #expect("\(drawn)".hasPrefix("10.77.2."))
        let lease = try await subject.inside(
            """
            printf '#!/bin/sh\\n[ "$1" = bound ] && echo "lease=$lease"\\n' >/tmp/lease; chmod +x /tmp/lease
            udhcpc -i eth0 -n -q -f -s /tmp/lease 2>/dev/null
            """)
        #expect(lease.contains("lease=600"), "\(lease)")

        try subject.outside.start(
            "exec dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --pid-file "
                + "--user=root --address=/world.test/192.0.2.7")
        subject.dns = "domain: other.internal, upstream: [\(Outside.address)]"
        try await subject.apply("dns.domain", "dns.upstream")
        await subject.say("names")
        for (name, address) in [("db-1.other.internal", "10.77.0.17"), ("world.test", "192.0.2.7")] {
            let resolved = await eventually {
                (try? await subject.inside("nslookup -type=a \(name) 10.77.0.1"))?.contains("Address: \(address)")
                    == true
            }
            #expect(resolved, "the guest does not resolve \(name)")
        }
        let old = try await subject.inside("nslookup -type=a db-1.e2e.internal 10.77.0.1")
        #expect(!old.contains("10.77.0.17"), "\(old)")
    }

    private func filters(_ subject: inout Subject) async throws {
        #expect(try await subject.reaches("10.77.0.17"))
        _ = try await subject.inside("ip address add 10.77.0.77/32 dev eth0")
        #expect(try await subject.reaches("10.77.0.1", from: "10.77.0.77") == false)
        subject.others = ["filter: {betweenGuests: deny, spoofing: allow}"]
        try await subject.apply("filter.betweenGuests", "filter.spoofing")
        await subject.say("filter")
        #expect(try await subject.reaches("10.77.0.17") == false)
        #expect(try await eventually { try await subject.reaches("10.77.0.1", from: "10.77.0.77") })
        _ = try await subject.inside("ip address delete 10.77.0.77/32 dev eth0")
    }

    private func packets(_ subject: inout Subject) async throws {
        let bridge = try #require(try await subject.lab.bridges().first)
        subject.others = ["mtu: 1400"]
        try await subject.apply("filter.betweenGuests", "filter.spoofing", "mtu")
        await subject.say("mtu")
        #expect(try await eventually { try await subject.reaches("10.77.0.17") })
        #expect(try await subject.lab.execute("cat", "/sys/class/net/\(bridge)/mtu") == "1400\n")
        #expect(try await subject.inside("cat /sys/class/net/eth0/mtu") == "1500\n", "until its next restart")
    }

    /// The same network under another name, and then another network.
    private func names(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let pid = try await lab.pid("db-1")
        subject.fleet.network = "backbone"
        subject.fleet.networkMetadata = ["formerly: lan"]
        for index in subject.fleet.guests.indices {
            subject.fleet.guests[index].fields = subject.fleet.guests[index].fields.map {
                $0.replacing("network: lan", with: "network: backbone")
            }
        }
        let plan = try await lab.planned(subject.write())
        #expect(try plan.fields(of: "guest.web-1") == ["nics.eth0.network": "live"])
        try await subject.apply("name", also: ["guest.web-1", "guest.db-1", "guest.late"])
        await subject.say("renamed")
        #expect(try await lab.pid("db-1") == pid)
        #expect(try await lab.live().networks.map(\.definition.name.text) == ["backbone"])

        // A connection has no place in another network.
        subject.fleet.network = "fresh"
        subject.fleet.networkMetadata = []
        subject.fleet.guests.removeLast(2)
        subject.fleet.guests[0].fields[0] = "nics: [{name: eth0, network: fresh, ipv4: 10.88.0.10}]"
        (subject.subnet, subject.dhcp) = ("10.88.0.0/16", "range: 10.88.1.0-10.88.1.250")
        let move = try await lab.planned(subject.write())
        #expect(
            try move.fields(of: "guest.web-1") == ["nics.eth0.network": "live", "nics.eth0.ipv4": "live"])
        #expect(move.resourceChanges.first { $0.address == "network.backbone" }?.impact == "live")
        #expect(!move.verbs(of: "guest.web-1").contains("stop"))
        let linux = try await lab.pid("web-1")
        try await lab.expectConverges(subject.write())
        #expect(try await lab.pid("web-1") == linux)
        subject.address = "10.88.0.10"
        #expect(await lab.pings(subject.address))
        #expect(try await eventually { try await subject.reaches(Outside.address) })
    }

    private func modes(_ subject: inout Subject) async throws {
        for (mode, passes) in [("isolated", false), ("nat", true)] {
            subject.mode = mode
            subject.dns =
                mode == "nat" ? "domain: other.internal, upstream: [\(Outside.address)]" : "domain: other.internal"
            let plan = try await subject.lab.planned(subject.write())
            #expect(try plan.fields(of: "network.fresh")["mode"] == "live")
            try await subject.apply("mode", "dns.upstream")
            #expect(
                try await eventually { try await subject.reaches(Outside.address) == passes }, "\(mode)")
            #expect(try await subject.reaches("10.88.0.1"))
        }
    }
}
