import FleetModel
import Glibc
import HostSystem
import Testing

/// Everything on a host that Lodge could leave behind: two that are equal mean that nothing was.
struct Census: Equatable, Sendable, CustomStringConvertible {
    var sections: [String: [String]]

    var description: String {
        sections.sorted { $0.key < $1.key }.map { "\($0.key):\n" + $0.value.map { "  \($0)\n" }.joined() }.joined()
    }
}

extension Lab {
    /// Processes, interfaces, addresses, rules, mounts and files of this host.
    ///
    /// - Parameter files: false leaves the folders out.
    func census() async throws -> Census {
        let processes = await processes().map { "\($0.pid) \($0.arguments.joined(separator: " "))" }.sorted()
        let links = try await ip("-o", "link").split(separator: "\n").map { line in
            // Number, name and alias; the rest comes and goes.
            let parts = line.split(separator: "\\")
            let alias = parts.first { $0.contains("alias ") } ?? ""
            return "\(parts[0].split(separator: "<")[0])\(alias)"
        }
        let addresses = try await ip("-o", "addr").split(separator: "\n").map { line in
            line.split(separator: " ").prefix(4).joined(separator: " ")
        }
        let folders = [stateFolder, runFolder, stateFolder + "2", runFolder + "2"].filter(Files.exists)
        var files: [String] = []
        if !folders.isEmpty {
            let found = try await Command.run("find", folders + ["-printf", "%p %m %u\\n"], package: "findutils")
            // What the probe of KVM saw since the boot may be kept for the next command, and the run folder for it.
            files = found.split(separator: "\n").map(String.init).filter { !$0.contains("/emulator.json ") }.sorted()
            if !files.contains(where: { $0.hasPrefix(runFolder + "/") }) {
                files.removeAll { $0.hasPrefix(runFolder + " ") }
            }
        }
        return Census(sections: [
            "processes": processes, "interfaces": links, "addresses": addresses,
            "rules": try await execute("nft", "-s", "list", "ruleset").split(separator: "\n").map(String.init),
            "routes": try await ip("route").split(separator: "\n").map(String.init), "mounts": mounts, "files": files,
            "forwarding": [try await execute("cat", "/proc/sys/net/ipv4/ip_forward")],
        ])
    }

    /// Waits until the host is what it was, since a process that was told to end does not end at once.
    func expect(_ before: Census, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        var now = try await census()
        _ = try await eventually {
            now = try await census()
            return now == before
        }
        for (name, lines) in before.sections {
            #expect(now.sections[name] == lines, "\(name) differ", sourceLocation: sourceLocation)
        }
    }
}
