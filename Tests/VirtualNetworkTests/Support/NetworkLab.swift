import FleetModel
import FoundationEssentials
import Glibc
import HostSystem
import Testing
import VirtualNetwork

/// A host of its own for a test: a network namespace, and folders in `/tmp`. Guests and an outside world are further
/// namespaces, each joined by a cable. Everything is gone after ``run(_:)``.
actor NetworkLab {
    nonisolated let tag: String
    nonisolated let folder: String
    /// The namespace that plays the host.
    nonisolated let host: String
    private var namespaces: [String] = []
    private var children: [Int32] = []

    private init() {
        tag = String(UInt32.random(in: 0x1000...0xFFFF), radix: 16)
        folder = "/tmp/lodge-net-\(tag)"
        host = "lodge-net-\(tag)"
    }

    static func run(_ body: (NetworkLab) async throws -> Void) async throws {
        let lab = NetworkLab()
        do {
            try await lab.setUp()
            try await body(lab)
        } catch {
            await lab.tearDown()
            throw error
        }
        await lab.tearDown()
    }

    private func setUp() async throws {
        try Files.makeFolder(folder)
        try await addNamespace(host)
    }

    private func tearDown() async {
        for pid in children {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        for namespace in namespaces {
            let pids = (try? await Command.run("ip", ["netns", "pids", namespace], package: "iproute2")) ?? ""
            for pid in pids.split(separator: "\n").compactMap({ Int32($0) }) { kill(pid, SIGKILL) }
            _ = try? await Command.run("ip", ["netns", "delete", namespace], package: "iproute2")
        }
        try? Files.removeTree(folder)
    }

    func addNamespace(_ name: String) async throws {
        try await Command.run("ip", ["netns", "add", name], package: "iproute2")
        namespaces.append(name)
        try await ip(["link", "set", "lo", "up"], in: name)
    }

    /// Runs a program in a namespace; the host's where none is given.
    @discardableResult
    nonisolated func execute(_ arguments: [String], in namespace: String? = nil, input: String = "") async throws
        -> String
    {
        try await Command.run(
            "ip", ["netns", "exec", namespace ?? host] + arguments, package: "iproute2", input: Array(input.utf8))
    }

    @discardableResult
    nonisolated func ip(_ arguments: [String], in namespace: String? = nil) async throws -> String {
        try await Command.run("ip", ["-n", namespace ?? host] + arguments, package: "iproute2")
    }

    /// True where the program succeeds.
    nonisolated func succeeds(_ arguments: [String], in namespace: String) async -> Bool {
        (try? await execute(arguments, in: namespace)) != nil
    }

    /// Starts a program that runs until the end of the test.
    func start(_ arguments: [String], in namespace: String? = nil) throws -> Int32 {
        let pid = try DetachedProcess.start(
            Command.find("ip")!, arguments: ["netns", "exec", namespace ?? host] + arguments,
            environment: ["PATH=/usr/sbin:/usr/bin"])
        children.append(pid)
        return pid
    }

    func end(_ pid: Int32) {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        children.removeAll { $0 == pid }
    }

    /// A machine with one interface, `eth0`, on a bridge of the host, or directly at the host where there is none.
    ///
    /// - Parameter port: the host's end of its cable.
    func addMachine(
        _ name: String, mac: MACAddress? = nil, bridge: String? = nil, port: String? = nil
    ) async throws -> String {
        let namespace = "\(host)-\(name)"
        try await addNamespace(namespace)
        let port = port ?? "port-\(name)"
        try await ip(["link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace])
        if let bridge { try await ip(["link", "set", port, "master", bridge]) }
        try await ip(["link", "set", port, "up"])
        if let mac { try await ip(["link", "set", "eth0", "address", "\(mac)"], in: namespace) }
        try await ip(["link", "set", "eth0", "up"], in: namespace)
        return namespace
    }

    /// What is there: interfaces, rules, processes, files, forwarding. Two that are equal mean that nothing was left.
    nonisolated func census() async throws -> String {
        let links = try await ip(["-o", "link"]).split(separator: "\n").map { $0.split(separator: "<")[0] }
        let rules = try await execute(["nft", "-a", "list", "ruleset"])
        let processes = try await Command.run("ip", ["netns", "pids", host], package: "iproute2")
        // The folders that networks share go at the end of an apply, which this is not.
        let files = try await Command.run("find", [folder, "!", "-type", "d"], package: "findutils")
            .split(separator: "\n").sorted()
        let forwarding = try await execute(["cat", "/proc/sys/net/ipv4/ip_forward"])
        return [
            links.joined(separator: "\n"), try await ip(["-o", "-4", "addr"]), rules, processes,
            files.joined(separator: "\n"), forwarding,
        ].joined(separator: "\n--\n")
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test, and says why, where it cannot have namespaces and the programs that networks are made with.
    static var needsNetworkLab: Self {
        .enabled(
            if: geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0
                && ["ip", "nft", "dnsmasq", "busybox"].allSatisfy { Command.find($0) != nil },
            "needs root, /dev/net/tun, iproute2, nftables, dnsmasq-base and busybox, to play a host in a namespace")
    }
}
