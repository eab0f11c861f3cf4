import HostSystem

/// What a DHCP client was given.
struct ObtainedLease: Hashable {
    var address: String
    var router: String?
    var domain: String?
}

extension NetworkLab {
    /// Asks for an address by a machine's `eth0`, as a guest does at boot, without taking it on.
    ///
    /// - Returns: nil where nobody offered one within two seconds.
    nonisolated func lease(_ machine: String) async throws -> ObtainedLease? {
        let script = "\(folder)/udhcpc-\(machine)"
        let text = "#!/bin/busybox sh\n[ \"$1\" = bound ] && echo \"$ip,$router,$domain\" > \(script).lease\nexit 0\n"
        try DurableFile.write(Array(text.utf8), to: script, mode: 0o755)
        defer {
            try? Files.remove(script)
            try? Files.remove("\(script).lease")
        }
        _ = await succeeds(
            ["busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "4", "-T", "1", "-s", script], in: machine)
        guard let line = Files.text("\(script).lease")?.split(separator: "\n").first else { return nil }
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return ObtainedLease(
            address: fields[0], router: fields[1].isEmpty ? nil : fields[1], domain: fields[2].isEmpty ? nil : fields[2]
        )
    }

    /// Gives a machine the address, and a default route where there is a gateway.
    nonisolated func address(_ machine: String, _ address: String, gateway: String? = nil) async throws {
        try await ip(["addr", "add", address, "dev", "eth0"], in: machine)
        if let gateway { try await ip(["route", "add", "default", "via", gateway], in: machine) }
    }

    /// The address that a name resolves to, or nil.
    nonisolated func resolve(_ name: String, by server: String, in machine: String) async throws -> String? {
        let answer = try? await execute(["busybox", "nslookup", "-type=a", name, server], in: machine)
        let lines = (answer ?? "").split(separator: "\n").drop { !$0.hasPrefix("Name:") }
        return lines.first { $0.hasPrefix("Address:") }?.split(separator: " ").last.map(String.init)
    }

    nonisolated func pings(_ address: String, from machine: String) async -> Bool {
        await succeeds(["busybox", "ping", "-c", "1", "-W", "1", address], in: machine)
    }
}
