import FleetModel
import FoundationEssentials
import HostSystem
import QMP
import TestSupport
import Testing

@testable import KVMExecutor

/// What of QEMU's answers is somebody else's doing, and what a change of ours that was cut off.
@Suite struct DeviceDefectTests {
    private static let folder = HostLayout().guest(name("demo"), name("web-1"))

    private static func nic(_ text: String) -> NICSpec {
        NICSpec(
            name: name(text), network: name("lan"),
            networkID: ObjectID(kind: .network, fleet: name("demo"), name: name("lan")),
            mac: MACAddress(bits: 0x5254_0000_0001), ipv4: IPv4Address(bits: 0x0A4D_0001))
    }

    private static let spec = GuestSpec(
        cpus: 2, memory: .mib(128), machine: .q35, accelerator: .tcg, cpuModel: "max",
        disks: [DiskSpec(name: name("data"), size: .mib(8), iops: 100)], nics: [nic("eth0")], cloudInit: CloudInit())

    private static func seeded(_ cloudInit: CloudInit?) -> GuestSpec {
        var spec = spec
        spec.cloudInit = cloudInit
        return spec
    }

    private static func drive(_ device: String, _ file: String, iops: Int = 0) throws -> QueryBlock.Drive {
        let text = """
            {"device": "", "qdev": "/machine/peripheral/\(device)/virtio-backend", "inserted": {"file": "\(file)",
            "node-name": "\(device)", "ro": false, "drv": "qcow2", "iops": \(iops), "iops_rd": 0, "iops_wr": 0,
            "bps": 0, "bps_rd": 0, "bps_wr": 0, "image": {"filename": "\(file)", "virtual-size": 8388608}}}
            """
        return try JSONDecoder().decode(QueryBlock.Drive.self, from: Data(text.utf8))
    }

    private static func ports(_ devices: [String], secondary: Int = 1) throws -> PortTable {
        let bridges = devices.enumerated().map { index, device in
            let behind = device.isEmpty ? "" : "{\"qdev_id\": \"\(device)\"}"
            return """
                {"qdev_id": "port\(index)", "pci_bridge": {"bus": {"secondary": \(secondary)}, "devices": [\(behind)]}}
                """
        }
        let text = "[{\"devices\": [{\"qdev_id\": \"balloon\"}, \(bridges.joined(separator: ", "))]}]"
        return PortTable(try JSONDecoder().decode([QueryPCI.Bus].self, from: Data(text.utf8)))
    }

    private static func seen() throws -> SeenDevices {
        SeenDevices(
            state: .running, devices: ["disk-data", "nic-eth0", "seed", "balloon", "port0", "port1", "port2"],
            drives: [try drive("disk-data", folder.disk(name("data")), iops: 100), try drive("seed", folder.seed)],
            ports: try ports(["disk-data", "nic-eth0", ""]), cpus: 2,
            leftByBalloon: .mib(128))
    }

    private func defects(
        _ change: (inout SeenDevices) throws -> Void, definition: GuestSpec = spec, record: GuestSpec = spec
    ) throws -> [GuestDefect] {
        var seen = try Self.seen()
        try change(&seen)
        let process = RunningGuest(generation: 1, spec: record, pid: 1, startTime: 1, bootID: "")
        return DeviceDefects(
            definition: guestDefinition("web-1", definition), process: process, folder: Self.folder
        ).list(seen)
    }

    @Test func aGuestAsItWasMade() throws {
        #expect(try defects { _ in }.isEmpty)
        #expect(try Self.seen().freePorts == 1)
    }

    @Test func eachDefectByItself() throws {
        #expect(try defects { $0.devices.remove("nic-eth0") } == [.nicMissing(name("eth0"))])
        #expect(try defects { $0.devices.remove("disk-data") } == [.diskMissing(name("data"))])
        #expect(try defects { $0.drives.removeFirst() } == [.diskMissing(name("data"))], "an empty drive")
        #expect(
            try defects { $0.drives[0] = try Self.drive("disk-data", "/tmp/x.qcow2", iops: 100) }
                == [.diskSwapped(name("data"), file: "/tmp/x.qcow2")])
        #expect(
            try defects { $0.drives[0] = try Self.drive("disk-data", Self.folder.disk(name("data"))) }
                == [.limitChanged("disk data")])
        #expect(try defects { $0.drives.removeLast() } == [.seedMissing])
        #expect(try defects { $0.pulled = [name("eth0")] } == [.cablePulled(name("eth0"))])
        #expect(try defects { $0.cpus = 3 } == [.cpus(3)])
        #expect(try defects { $0.leftByBalloon = .mib(100) } == [.memory(.mib(100))])
        #expect(try defects { $0.addedMemory = .mib(64) } == [.memory(.mib(192))])
        #expect(
            try defects { $0.ports = try Self.ports(["disk-data", "nic-eth0", "alien"]) } == [.strangeDevice("alien")])
    }

    /// As QEMU shows a virtio NIC's configuration.
    @Test func aCableThatIsPulled() throws {
        let mac = MACAddress(parsing: "02:11:22:33:44:55")!
        let octets = "00000000fea02000: 0x02 0x11 0x22 0x33 0x44 0x55"
        #expect(NICRegisters.isPulled("\(octets) 0x01 0x00\r\n", mac) == false)
        #expect(NICRegisters.isPulled("\(octets) 0x00 0x00\r\n", mac) == true)
        #expect(NICRegisters.isPulled("\(octets) 0x00 0x00\r\n", MACAddress(bits: 1)) == nil, "something else")
        #expect(NICRegisters.isPulled("0000001234500000: Cannot access memory\r\n", mac) == nil)
        #expect(NICRegisters.address(onMMIO: "/machine/unattached/device[27]/virtio-mmio-bus.23") == 0xFEB0_2F00)
        let text = """
            [{"devices": [{"qdev_id": "port0", "pci_bridge": {"bus": {"secondary": 1}, "devices": [
            {"qdev_id": "nic-eth0", "regions": [{"bar": 1, "address": -1}, {"bar": 4, "address": 4096}]}]}}]}]
            """
        let buses = try JSONDecoder().decode([QueryPCI.Bus].self, from: Data(text.utf8))
        #expect(NICRegisters.address(ofPCI: name("eth0"), buses) == 0x3000)
        #expect(NICRegisters.address(ofPCI: name("eth1"), buses) == nil)
    }

    @Test func aSeedThatIsNotItsOwn() {
        let id = guestDefinition("web-1", Self.spec).id
        let (own, other) = (CloudInit(hostname: "a"), CloudInit(hostname: "b"))
        func isOutdated(_ cloudInit: CloudInit?, _ mark: String?, exists: Bool = true, replaced: Bool = false) -> Bool {
            SeenSeed(exists: exists, mark: mark, isReplaced: replaced).isOutdated(for: Self.seeded(cloudInit), of: id)
        }
        #expect(!isOutdated(own, Seed.mark(Self.seeded(own), of: id)))
        #expect(isOutdated(own, Seed.mark(Self.seeded(other), of: id)))
        #expect(isOutdated(own, Seed.mark(Self.seeded(own), of: id), replaced: true), "QEMU has what was there before")
        #expect(isOutdated(own, nil, exists: false))
        #expect(!isOutdated(own, nil), "an earlier Lodge's")
        #expect(isOutdated(nil, Seed.mark(Self.seeded(own), of: id)))
        #expect(!isOutdated(nil, nil, exists: false))
        var patient = own
        patient.onChange = .restart
        #expect(Seed.mark(Self.seeded(own), of: id) == Seed.mark(Self.seeded(patient), of: id))
        var wider = Self.seeded(own)
        wider.nics.append(Self.nic("eth1"))
        #expect(Seed.mark(Self.seeded(own), of: id) == Seed.mark(wider, of: id), "a running guest has its NICs anyway")
        let marks = [Self.seeded(own), wider].map { Seed(guestDefinition("web-1", $0)).mark }
        #expect(marks[0] != marks[1], "a start builds the seed again")
        #expect(!isOutdated(own, marks[1]))
    }

    @Test func memoryThatIsMoreOrLessThanAtTheStart() throws {
        let boot = ByteCount.mib(128)
        func defects(
            _ memory: ByteCount, left: ByteCount, added: ByteCount?
        ) throws -> [GuestDefect] {
            var seen = try Self.seen()
            (seen.leftByBalloon, seen.addedMemory) = (left, added)
            var spec = Self.spec
            (spec.memory, spec.maxMemory) = (memory, .mib(512))
            var process = RunningGuest(generation: 1, spec: spec, pid: 1, startTime: 1, bootID: "")
            process.bootMemory = boot
            return DeviceDefects(
                definition: guestDefinition("web-1", spec), process: process, folder: Self.folder
            ).list(seen)
        }
        #expect(try defects(.mib(256), left: boot, added: .mib(128)).isEmpty)
        #expect(try defects(.mib(255), left: boot, added: .mib(128)).isEmpty, "whole blocks of the device")
        #expect(try defects(.mib(256), left: boot, added: .mib(64)) == [.memory(.mib(192))])
        #expect(try defects(.mib(256), left: .mib(64), added: .mib(128)) == [.memory(.mib(64))])
        #expect(try defects(.mib(96), left: .mib(96), added: .zero).isEmpty)
        #expect(try defects(.mib(96), left: .mib(128), added: .zero).isEmpty, "the guest ran short and took it back")
        #expect(try defects(.mib(96), left: .mib(64), added: .zero) == [.memory(.mib(64))])
        #expect(try defects(.mib(96), left: .mib(96), added: .mib(2)) == [.memory(.mib(96))])
    }

    /// A run that was cut off after QEMU did it and before the record had it, or the other way round.
    @Test func whatADifferenceOfRecordAndDefinitionExplains() throws {
        var rich = Self.spec
        rich.disks.append(DiskSpec(name: name("logs"), size: .mib(8)))
        rich.nics.append(Self.nic("eth1"))
        rich.cpus = 3
        rich.disks[0].iops = nil
        let plugged: (inout SeenDevices) throws -> Void = { seen in
            seen.devices.formUnion(["disk-logs", "nic-eth1"])
            seen.ports = try Self.ports(["disk-data", "nic-eth0", "disk-logs", "nic-eth1"])
            seen.drives[0] = try Self.drive("disk-data", Self.folder.disk(name("data")))
            seen.cpus = 3
        }
        #expect(try defects({ _ in }, definition: rich).isEmpty, "nothing is done yet")
        #expect(try defects(plugged, definition: rich).isEmpty, "all is done, and not recorded")
        #expect(try defects(plugged, record: rich).isEmpty, "on the way back, nothing is done yet")
        #expect(try defects({ _ in }, record: rich).isEmpty, "on the way back, all is done")
        // What neither has is somebody's.
        #expect(
            try defects(
                { seen in
                    try plugged(&seen)
                    seen.cpus = 4
                }, definition: rich) == [.cpus(4)])
    }

    @Test func portsThatAreNotNumberedYetAreNotFree() throws {
        var seen = try Self.seen()
        seen.ports = try Self.ports(["", "", ""], secondary: 0)
        #expect(seen.freePorts == nil)
        seen.ports = PortTable([])
        #expect(seen.freePorts == nil, "a machine without any")
    }
}
