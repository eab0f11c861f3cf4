import FleetModel
import Glibc
import HostSystem
import QMP
import Synchronization
import TestSupport
import Testing

@testable import KVMExecutor

/// Disks and NICs that a guest does not let go of, or has no room for.
@Suite struct LiveDeviceTests {
    private let folder = TemporaryFolder()
    private let qemu = PlayedEmulator("web-1")
    private let disk = DiskSpec(name: name("data"), size: .mib(8), onRemove: .delete)
    private let nic = NICSpec(
        name: name("eth0"), network: name("lan"),
        networkID: ObjectID(kind: .network, fleet: name("demo"), name: name("lan")),
        mac: MACAddress(bits: 0x5254_0000_0001), ipv4: IPv4Address(bits: 0x0A4D_0001))

    /// A guest that has this spec, and its disk's file.
    private func define(_ spec: GuestSpec) throws -> (GuestDefinition, GuestStore) {
        let definition = guestDefinition("web-1", spec)
        let store = GuestStore(layout: folder.layout)
        for path in [
            folder.layout.guest(definition.owner.fleet, definition.name).path,
            folder.layout.guestRun(definition.id).path,
        ] { try Files.makeFolder(path) }
        try store.write(definition)
        try store.write(qemu.running(spec), of: definition.id)
        try DurableFile.write([1], to: file(definition))
        return (definition, store)
    }

    private func file(_ definition: GuestDefinition) -> String {
        folder.layout.guest(definition.owner.fleet, definition.name).disk(disk.name)
    }

    private var spec: GuestSpec {
        GuestSpec(
            cpus: 1, memory: .mib(64), machine: .q35, accelerator: .kvm, cpuModel: "host", disks: [disk], nics: [nic])
    }

    private static let running: QMPValue = ["running": true, "status": "running", "singlestep": false]

    @Test func aGuestThatKeepsWhatItHas() async throws {
        var (definition, store) = try define(spec)
        let peer = try ScriptedMonitor(path: folder.layout.guestRun(definition.id).qmp) { command, arguments in
            switch command {
            case "query-status": .reply(Self.running)
            case "qom-list":
                .reply([
                    ["name": "disk-data", "type": "child<virtio-blk-pci>"],
                    ["name": "nic-eth0", "type": "child<virtio-net-pci>"],
                ])
            // A part of the device goes; the device does not.
            case "device_del":
                .replyThen([("DEVICE_DELETED", ["path": "/machine/peripheral/disk-data/virtio-backend"])])
            default: .refusal("unknown \(command)")
            }
        }
        definition.spec.disks = []
        definition.spec.nics = []
        definition.generation = 2
        let changer = GuestChanger(layout: folder.layout, networking: .none, patience: .milliseconds(200))
        let changes: [LiveChange] = [.removeDisk(disk.name, deletesFile: true), .removeNIC(nic.name)]
        let remark = try await changer.change(definition, changes)
        #expect(
            remark
                == "the guest did not let go of disk data within 0.2 seconds, and keeps it until its restart; "
                + "the guest did not let go of NIC eth0 within 0.2 seconds, and keeps it until its restart")
        let left = try #require(try store.running(definition.id))
        #expect(left.spec == spec, "a restart is pending")
        #expect(Files.exists(file(definition)), "a disk in use keeps its file")
        let kept = try store.definition(definition.owner.fleet, definition.name)
        #expect(kept.doomedDisks == [disk.name], "and is deleted once it is not")
        #expect(peer.arguments(of: "device_del") == [["id": "disk-data"], ["id": "nic-eth0"]])
        #expect(peer.requests.allSatisfy { $0.execute != "blockdev-del" && $0.execute != "netdev_del" })
    }

    @Test func aGuestWithoutAFreePort() async throws {
        var bare = spec
        bare.disks = []
        bare.nics = []
        var (definition, store) = try define(bare)
        let peer = try ScriptedMonitor(path: folder.layout.guestRun(definition.id).qmp) { command, _ in
            switch command {
            case "query-status": .reply(Self.running)
            case "qom-list": .reply([])
            case "query-pci":
                .reply([
                    [
                        "devices": [
                            [
                                "qdev_id": "port0",
                                "pci_bridge": ["bus": ["secondary": 1], "devices": [["qdev_id": "alien"]]],
                            ]
                        ]
                    ]
                ])
            default: .refusal("unknown \(command)")
            }
        }
        definition.spec.nics = [nic]
        let changer = GuestChanger(layout: folder.layout, networking: .none)
        let remark = try await changer.change(definition, [.addNIC(nic)])
        #expect(remark == "no PCI port is free for NIC eth0: it comes with the next restart")
        #expect(try store.running(definition.id)?.spec == bare)
        #expect(!peer.requests.isEmpty)
    }

    @Test func aMachineThatTakesNoDevices() async throws {
        var small = spec
        small.machine = .microvm
        let (definition, _) = try define(small)
        let peer = try ScriptedMonitor(path: folder.layout.guestRun(definition.id).qmp) { command, _ in
            command == "query-status" ? .reply(Self.running) : .refusal("unknown \(command)")
        }
        let changer = GuestChanger(layout: folder.layout, networking: .none)
        let error = await #expect(throws: ExecutorError.self) {
            _ = try await changer.change(definition, [.addNIC(nic)])
        }
        #expect(
            error?.description.contains("a guest of machine type microvm takes no devices while it runs") == true,
            "\(error?.description ?? "")")
        #expect(peer.requests.count == 1)
    }
}
