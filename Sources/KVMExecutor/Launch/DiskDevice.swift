import FleetModel

/// How a disk is attached to its guest: the block nodes that hold its file, and the device in front of them. It is the
/// same for a disk that the guest starts with and for one that is plugged in later. Sources: the schemas
/// `BlockdevOptions` and `IothreadProperties` of QEMU 7.2, qemu(1) on `cache`.
struct DiskDevice {
    let disk: DiskSpec
    let machine: MachineType
    let path: String

    /// Of the block node on top and of the device.
    var id: String { QEMUCommandLine.node(disk.name) }

    /// The thread that does its input and output.
    var ioThread: String { Self.ioThread(of: disk.name) }
    static func ioThread(of disk: Name) -> String { "io-\(QEMUCommandLine.node(disk))" }

    /// Arguments of `blockdev-add`, and as JSON those of `-blockdev`.
    var node: JSONValue {
        var file: [String: JSONValue] = [
            "driver": .string("file"), "filename": .string(path), "node-name": .string("\(id)-file"),
        ]
        var node: [String: JSONValue] = [
            "driver": .string(disk.format.rawValue), "node-name": .string(id), "read-only": .bool(false),
            "discard": .string(disk.discard.rawValue),
        ]
        if disk.aio != .threads { file["aio"] = .string(disk.aio.rawValue) }
        if disk.cache.isDirect || disk.cache.dropsFlushes {
            let cache: JSONValue = .object([
                "direct": .bool(disk.cache.isDirect), "no-flush": .bool(disk.cache.dropsFlushes),
            ])
            file["cache"] = cache
            node["cache"] = cache
        }
        node["file"] = .object(file)
        return .object(node)
    }

    var driver: String {
        switch disk.bus {
        case .virtio: machine == .microvm ? "virtio-blk-device" : "virtio-blk-pci"
        case .scsi: "scsi-hd"
        case .sata, .ide: "ide-hd"
        }
    }

    /// The device's properties but for its bus; ATA and virtio have room for 20 bytes of a serial number.
    var properties: [(key: String, value: String)] {
        var properties = [("drive", id), ("id", id), ("serial", String(disk.name.text.prefix(20)))]
        if disk.cache.writesThrough { properties.append(("write-cache", "off")) }
        if disk.hasIOThread { properties.append(("iothread", ioThread)) }
        return properties
    }

    /// The path of the device with the disk in QEMU's object tree: a virtio disk behind PCI is a part of its device.
    static func path(of disk: DiskSpec, on machine: MachineType) -> String {
        "/machine/peripheral/\(QEMUCommandLine.node(disk.name))"
            + (machine != .microvm && disk.bus == .virtio ? "/virtio-backend" : "")
    }
}

extension DiskDevice {
    /// The command line's arguments for a guest's disks, in their order. The first is what the guest boots from, where
    /// it has no kernel or firmware of its own.
    ///
    /// - Parameter port: the PCI port of the virtio disk with this number, counted from 0.
    static func arguments(_ spec: GuestSpec, folder: GuestFolder, port: (Int) -> String) -> [String] {
        var arguments: [String] = []
        var count: [DiskBus: Int] = [:]
        for (index, disk) in spec.disks.enumerated() {
            let device = DiskDevice(disk: disk, machine: spec.machine, path: folder.disk(disk))
            let number = count[disk.bus, default: 0]
            count[disk.bus] = number + 1
            if disk.hasIOThread { arguments += ["-object", "iothread,id=\(device.ioThread)"] }
            arguments += ["-blockdev", String(decoding: CanonicalJSON.bytes(of: device.node), as: UTF8.self)]
            var words = [device.driver] + device.properties.map { "\($0.key)=\($0.value)" }
            switch disk.bus {
            case .virtio: if spec.machine == .q35 { words.append("bus=\(port(number))") }
            case .scsi: words.append("bus=\(scsiBus)")
            // Each port of q35's AHCI controller is a bus.
            case .sata: words.append("bus=ide.\(number)")
            case .ide: words += ideSlot(number)
            }
            if index == 0, spec.boot == nil { words.append("bootindex=1") }
            arguments += ["-device", words.joined(separator: ",")]
        }
        return arguments
    }

    static let scsiBus = "scsi.0"

    /// Two to each of the two channels of the PIIX.
    static func ideSlot(_ number: Int) -> [String] { ["bus=ide.\(number / 2)", "unit=\(number % 2)"] }
}

extension DiskCache {
    /// Past the host's page cache: `cache.direct` of QEMU's block nodes.
    var isDirect: Bool { self == .none || self == .directsync }
    /// `cache.no-flush` of QEMU's block nodes.
    var dropsFlushes: Bool { self == .unsafe }
    /// The device tells its guest that it has no write cache.
    var writesThrough: Bool { self == .writethrough || self == .directsync }
}
