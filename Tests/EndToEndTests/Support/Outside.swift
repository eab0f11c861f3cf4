import Glibc
import HostSystem

/// A machine of the world beyond a lab's host: a namespace of its own on the other end of a cable.
struct Outside: Sendable {
    static let address = "203.0.113.2"
    let lab: Lab
    private var namespace: String { "\(lab.namespace)-out" }

    /// Runs the body with such a machine, which is gone afterwards, with everything that runs on it.
    static func run(of lab: Lab, _ body: (Outside) async throws -> Void) async throws {
        let outside = Outside(lab: lab)
        do {
            try await outside.connect()
            try await body(outside)
        } catch {
            await outside.disconnect()
            throw error
        }
        await outside.disconnect()
    }

    private func connect() async throws {
        try await Command.run("ip", ["netns", "add", namespace], package: "iproute2")
        try await lab.ip("link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", namespace)
        try await lab.ip("address", "add", "203.0.113.1/24", "dev", "uplink")
        try await lab.ip("link", "set", "uplink", "up")
        for line in ["link set lo up", "address add \(Self.address)/24 dev eth0", "link set eth0 up"] {
            try await Command.run(
                "ip", ["-n", namespace] + line.split(separator: " ").map(String.init), package: "iproute2")
        }
    }

    private func disconnect() async {
        let pids = (try? await Command.run("ip", ["netns", "pids", namespace], package: "iproute2")) ?? ""
        for pid in pids.split(separator: "\n").compactMap({ Int32($0) }) {
            guard let process = ProcessTable.entry(pid) else { continue }
            kill(pid, SIGKILL)
            _ = await ProcessTable.waitForEnd(pid, startTime: process.startTime, timeout: .seconds(60))
            _ = DetachedProcess.reap(pid)
        }
        _ = try? await lab.ip("link", "delete", "uplink")
        _ = try? await Command.run("ip", ["netns", "delete", namespace], package: "iproute2")
    }

    /// Starts a shell's line there, which runs until the machine is gone.
    func start(_ line: String) throws {
        _ = try DetachedProcess.start(
            Command.find("ip")!, arguments: ["netns", "exec", namespace, "sh", "-c", line],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    }

    func execute(_ arguments: String...) async throws -> String {
        try await Command.run("ip", ["netns", "exec", namespace] + arguments, package: "iproute2")
    }
}
