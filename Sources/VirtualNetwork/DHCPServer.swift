import FleetModel
import Glibc
import HostSystem
import Netlink
import SystemPackage

/// The processes that serve DHCP and DNS to the networks of one instance: one dnsmasq a network, which outlives the
/// agent that started it.
struct DHCPServer: Sendable {
    let layout: HostLayout
    let instance: InstanceID

    static let package = "dnsmasq-base"
    private static let option = "--conf-file="

    /// A process, and what its command line says.
    struct Running: Hashable {
        var network: ObjectID
        var configuration: String
        var process: ProcessEntry
    }

    /// Every server of this instance in this network namespace. Others with the same paths may run in containers, whose
    /// processes are seen here as well.
    func running() -> [Running] {
        let own = Self.namespace("self")
        return ProcessTable.all().compactMap { process in
            guard process.arguments.count == 2, process.arguments[1].hasPrefix(Self.option),
                let network = network(ofConfiguration: String(process.arguments[1].dropFirst(Self.option.count))),
                Self.namespace("\(process.pid)") == own
            else { return nil }
            let path = String(process.arguments[1].dropFirst(Self.option.count))
            return Running(network: network, configuration: path, process: process)
        }
    }

    func running(_ network: ObjectID) -> [Running] { running().filter { $0.network == network } }

    /// Makes exactly one server run for the network, with this configuration, and waits until it serves.
    func ensure(_ configuration: ServerConfiguration) async throws {
        let definition = configuration.definition
        let present = running(definition.id)
        if present.count == 1, present[0].configuration == configuration.path,
            await settles(present[0].process, gateway: definition.spec.gateway)
        {
            return
        }
        for old in present { try await stop(old) }
        guard let program = Command.find("dnsmasq") else {
            throw NetworkError(
                "start the DHCP and DNS server of", "network \(definition.name)", "dnsmasq is not installed",
                advice: "install it: apt-get install \(Self.package)")
        }
        try checkReadable(layout.network(definition.owner.fleet, definition.name).path)
        let folder = layout.networkRun(definition.id)
        try Files.makeFolder(folder)
        for name in try Files.list(folder) where name.hasPrefix("dnsmasq-\(instance)-") {
            try Files.remove("\(folder)/\(name)")
        }
        try DurableFile.write(Array(configuration.text.utf8), to: configuration.path)
        let process = try start(program, configuration, log: "\(folder)/dnsmasq.log")
        try await waitUntilServing(process, configuration, log: "\(folder)/dnsmasq.log")
    }

    /// dnsmasq gives up root's rights before it reads reservations and names, and keeps silent where it cannot.
    private func checkReadable(_ path: String) throws {
        var folder = FilePath(path)
        while !folder.components.isEmpty {
            var status = stat()
            guard stat(folder.string, &status) == 0 else { throw SystemError.now("look at", folder.string) }
            guard status.st_mode & S_IXOTH != 0 else {
                throw NetworkError(
                    "start the DHCP and DNS server with the files in", path,
                    "its system user may not pass through \(folder)",
                    advice: "chmod o+x \(folder), or choose another folder with --state-dir")
            }
            folder.removeLastComponent()
        }
    }

    private func start(
        _ program: String, _ configuration: ServerConfiguration, log: String
    ) throws -> ProcessEntry {
        // What it says before it reaches the system's log.
        let output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw SystemError.now("open", log) }
        defer { close(output) }
        let pid = try DetachedProcess.start(
            program, arguments: [Self.option + configuration.path], descriptors: [2: output],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"])
        guard let process = ProcessTable.entry(pid) else {
            throw NetworkError("start", program, "it ended at once")
        }
        return process
    }

    /// True where a running server serves, or does so shortly: it binds to a new address a moment after it appeared.
    private func settles(_ process: ProcessEntry, gateway: IPv4Address) async -> Bool {
        for _ in 0..<50 {
            if SocketTable.serves(process.pid, gateway: gateway) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    private func waitUntilServing(
        _ process: ProcessEntry, _ configuration: ServerConfiguration, log: String
    ) async throws {
        let definition = configuration.definition
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(10)
        while !SocketTable.serves(process.pid, gateway: definition.spec.gateway) {
            guard ProcessTable.lives(process.pid, startTime: process.startTime) else {
                let end = DetachedProcess.reap(process.pid) ?? "it ended"
                let words = (Files.text(log) ?? "").split(separator: "\n").suffix(3).joined(separator: "; ")
                throw NetworkError(
                    "start the DHCP and DNS server of", "network \(definition.name)",
                    words.isEmpty ? end : "\(end): \(words)",
                    advice: "`ss -lnup` shows who else listens on ports 53 and 67")
            }
            guard clock.now < deadline else {
                throw NetworkError(
                    "start the DHCP and DNS server of", "network \(definition.name)",
                    "it runs, but does not listen on \(definition.spec.gateway) after 10 seconds",
                    advice: "the system's log has what dnsmasq says")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Ends the process: politely, and after two seconds by force.
    func stop(_ server: Running) async throws {
        let (pid, start) = (server.process.pid, server.process.startTime)
        for signal in [SIGTERM, SIGKILL] {
            try ProcessTable.signal(pid, startTime: start, signal)
            if await ProcessTable.waitForEnd(pid, startTime: start, timeout: .seconds(2)) {
                _ = DetachedProcess.reap(pid)
                return
            }
        }
        throw NetworkError(
            "stop", "process \(pid) (dnsmasq)", "it survived SIGKILL", advice: "see `ps -o wchan \(pid)`")
    }

    /// Makes the servers read the reservations and names again. Additions they notice by themselves; what was changed or
    /// removed they keep until then.
    func reload(_ networks: Set<ObjectID>) throws {
        guard !networks.isEmpty else { return }
        for server in running() where networks.contains(server.network) {
            try ProcessTable.signal(server.process.pid, startTime: server.process.startTime, SIGHUP)
        }
    }

    /// The network whose configuration lies at this path, `<run folder>/networks/<id>/dnsmasq-<instance>-<digest>.conf`.
    private func network(ofConfiguration path: String) -> ObjectID? {
        let prefix = layout.networkRunsFolder + "/"
        guard path.hasPrefix(prefix) else { return nil }
        let parts = path.dropFirst(prefix.count).split(separator: "/")
        guard parts.count == 2, parts[1].hasPrefix("dnsmasq-\(instance)-") else { return nil }
        return ObjectID(parsing: String(parts[0]))
    }

    private static func namespace(_ process: String) -> String? { LinkTarget.read("/proc/\(process)/ns/net") }
}
