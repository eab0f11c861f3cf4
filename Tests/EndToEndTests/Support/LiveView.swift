import FleetModel
import FoundationEssentials
import Glibc
import HostSystem
import Testing

extension Lab {
    var layout: HostLayout { HostLayout(stateFolder: stateFolder, runFolder: runFolder) }

    /// What `lodge show` sees of this host.
    func live() async throws -> LiveHost {
        let result = try await lodge("show", "--output", "json")
        #expect(result.code == 0, "\(result)")
        let hosts = try JSONDecoder().decode([String: LiveHost].self, from: Data(result.output.utf8))
        return try #require(hosts["local"])
    }

    func guest(_ name: String, fleet: String = "e2e") async throws -> LiveGuest {
        let guests = try await live().guests
        return try #require(
            guests.first { $0.definition.name.text == name && $0.definition.owner.fleet.text == fleet },
            "there is no guest \(name)")
    }

    /// The pid of a guest that runs.
    func pid(_ name: String, fleet: String = "e2e") async throws -> Int32 {
        try #require(try await guest(name, fleet: fleet).process?.pid, "guest \(name) does not run")
    }

    /// SIGKILL to one process, and wait for its end.
    func end(_ pid: Int32) async throws {
        let entry = try #require(ProcessTable.entry(pid))
        kill(pid, SIGKILL)
        #expect(await ProcessTable.waitForEnd(pid, startTime: entry.startTime, timeout: .seconds(30)))
    }

    /// The living processes of this lab's Lodge whose arguments contain the words.
    func processes(with words: String...) -> [ProcessEntry] {
        ProcessTable.all().filter { process in
            let line = process.arguments.joined(separator: " ")
            return line.contains(runFolder) && words.allSatisfy(line.contains)
        }
    }

    /// The lab's agents; one for each command that runs. The timeout(1) that a test starts an agent by is none.
    var agents: [ProcessEntry] {
        processes(with: "/lodge agent ").filter { $0.arguments.first?.hasSuffix("/timeout") != true }
    }

    /// The DHCP servers of the lab.
    var dhcpServers: [ProcessEntry] { processes(with: "dnsmasq --conf-file=") }

    /// The names of the bridges that this lab's Lodge made.
    func bridges() async throws -> [String] {
        try await ip("-o", "link", "show", "type", "bridge").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 1 ? String(fields[1].dropLast()) : nil
        }
    }

    /// The plan says that nothing is left to do.
    func expectNoChanges(_ fleet: Fleet, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let plan = try await plan(fleet)
        #expect(plan.code == 0 && plan.says("No changes."), "\(plan)", sourceLocation: sourceLocation)
    }

    /// The apply succeeds and leaves nothing to do.
    func expectConverges(_ fleet: Fleet, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let apply = try await apply(fleet)
        #expect(apply.code == 0, "\(apply)", sourceLocation: sourceLocation)
        try await expectNoChanges(fleet, sourceLocation: sourceLocation)
    }
}

/// What a symbolic link says, or nil.
func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
