import FleetModel
import FoundationEssentials
import Glibc
import HostSystem
import QMP
import Synchronization
import TestSupport
import Testing

@testable import KVMExecutor

/// Observing a guest is part of every plan: what is asked of QEMU is counted.
@Suite struct ObservationCostTests {
    /// A monitor with canned answers.
    private final class Monitor: Sendable {
        static let answers = [
            "qmp_capabilities": "{}", "query-status": #"{"status": "running", "singlestep": false, "running": true}"#,
            "qom-list": #"[{"name": "port0", "type": "child<pcie-root-port>"}]"#, "query-block": "[]",
            "query-pci":
                #"[{"devices": [{"qdev_id": "port0", "pci_bridge": {"bus": {"secondary": 1}, "devices": []}}]}]"#,
            "query-cpus-fast": #"[{"cpu-index": 0, "qom-path": "/machine/unattached/device[0]", "thread-id": 1}]"#,
        ]
        private let listener: CInt
        private let asked = Mutex<[String]>([])

        init(path: String) throws {
            listener = socket(AF_UNIX, CInt(bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0 && listen(listener, 4) == 0)
            Thread.detach { [self] in serve() }
        }

        /// The commands since the greeting.
        var commands: [String] { asked.withLock { $0 } }

        private func serve() {
            let client = accept(listener, nil, nil)
            defer {
                close(client)
                close(listener)
            }
            say(
                #"{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}"#,
                client)
            guard let stream = fdopen(dup(client), "r") else { return }
            defer { fclose(stream) }
            var line: UnsafeMutablePointer<CChar>?
            var size = 0
            defer { free(line) }
            while getline(&line, &size, stream) > 0, let text = line.map({ String(cString: $0) }) {
                guard let request = try? JSONDecoder().decode([String: QMPValue].self, from: Data(text.utf8)),
                    let command = request["execute"]?.stringValue, let id = request["id"]?.integerValue
                else { return }
                asked.withLock { $0.append(command) }
                say(#"{"return": \#(Self.answers[command] ?? "null"), "id": \#(id)}"#, client)
            }
        }

        private func say(_ line: String, _ client: CInt) {
            let bytes = Array((line + "\n").utf8)
            _ = write(client, bytes, bytes.count)
        }
    }

    private enum Thread {
        static func detach(_ body: @escaping @Sendable () -> Void) {
            var thread = pthread_t()
            let box = Unmanaged.passRetained(Box(body))
            pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                    return nil
                }, box.toOpaque())
            pthread_detach(thread)
        }

        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
    }

    @Test func aGuestIsAskedFiveQuestionsInOneGo() async throws {
        let folder = TemporaryFolder()
        let layout = folder.layout
        let spec = GuestSpec(cpus: 1, memory: .mib(16), machine: .q35, accelerator: .tcg, cpuModel: "max")
        let definition = guestDefinition("web-1", spec)
        let store = GuestStore(layout: layout)
        for path in [layout.guest(name("demo"), name("web-1")).path, layout.guestRun(definition.id).path] {
            try Files.makeFolder(path)
        }
        try store.write(definition)
        // This very process plays QEMU.
        let entry = try #require(ProcessTable.entry(getpid()))
        try store.write(
            RunningGuest(
                generation: 1, spec: spec, pid: entry.pid, startTime: entry.startTime, bootID: Machine.bootID),
            of: definition.id)
        let monitor = try Monitor(path: layout.guestRun(definition.id).observer)
        let observer = GuestObserver(layout: layout, instance: definition.owner.instance)
        let guest = try #require(try await observer.observe(definition.reference))
        #expect(guest.state == .running && guest.defects.isEmpty && guest.freePorts == 1)
        #expect(
            monitor.commands.sorted() == [
                "qmp_capabilities", "qom-list", "query-block", "query-cpus-fast", "query-pci", "query-status",
            ])
    }
}
