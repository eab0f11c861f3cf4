import FleetModel
import Glibc
import HostSystem
import QMP
import TestSupport
import Testing

@testable import KVMExecutor

/// Observing a guest is part of every plan: what is asked of QEMU is counted.
@Suite struct ObservationCostTests {
    private static let answers: [String: QMPValue] = [
        "query-status": ["status": "running", "singlestep": false, "running": true],
        "qom-list": [["name": "port0", "type": "child<pcie-root-port>"]], "query-block": [],
        "query-pci": [
            ["devices": [["qdev_id": "port0", "pci_bridge": ["bus": ["secondary": 1], "devices": []]]]]
        ],
        "query-cpus-fast": [["cpu-index": 0, "qom-path": "/machine/unattached/device[0]", "thread-id": 1]],
        "query-balloon": ["actual": .integer(16 << 20)], "qom-get": 0,
    ]

    @Test func aGuestIsAskedItsQuestionsInOneGo() async throws {
        let folder = TemporaryFolder()
        let layout = folder.layout
        let spec = GuestSpec(cpus: 1, memory: .mib(16), machine: .q35, accelerator: .tcg, cpuModel: "max")
        let definition = guestDefinition("web-1", spec)
        let store = GuestStore(layout: layout)
        for path in [layout.guest(name("demo"), name("web-1")).path, layout.guestRun(definition.id).path] {
            try Files.makeFolder(path)
        }
        try store.write(definition)
        let qemu = PlayedEmulator("web-1")
        try store.write(qemu.running(spec), of: definition.id)
        let monitor = try ScriptedMonitor(path: layout.guestRun(definition.id).observer) { command, _ in
            Self.answers[command].map { .reply($0) } ?? .refusal("unknown \(command)")
        }
        let observer = GuestObserver(layout: layout, instance: definition.owner.instance)
        let guest = try #require(try await observer.observe(definition.reference))
        #expect(guest.state == .running && guest.defects.isEmpty && guest.freePorts == 1)
        #expect(
            monitor.requests.map(\.execute).sorted() == [
                "qom-get", "qom-list", "query-balloon", "query-block", "query-cpus-fast", "query-pci", "query-status",
            ])
        withExtendedLifetime(qemu) {}
    }
}
