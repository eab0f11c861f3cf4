import FleetModel

/// How a disk is kept, attached and limited, as a manifest says it.
struct GuestDiskTraits {
    private var format = DiskFormat.qcow2
    private var bus = DiskBus.virtio
    private var cache = DiskCache.writeback
    private var aio = DiskAIO.threads
    private var discard = DiskDiscard.unmap
    private var hasIOThread = false
    private var iops: Int?
    private var bandwidth: DataRate?
    private var onRemove = DiskRemoval.keep
    private var onDestroy = DiskRemoval.delete

    private static let iops = ValueType.integer("reads and writes a second", in: 1...1_000_000_000)
    private static let bandwidth = ValueType.rate(
        "a disk", example: "200MB/s", in: DataRate(bytesPerSecond: 1_000)...DataRate(bytesPerSecond: 1_000_000_000_000))

    /// Nil where a field is reported, after all have been read.
    ///
    /// - Parameter hardware: what the disk is attached to; nil: not known.
    init?(
        _ values: ValueReader, _ fields: MappingReader<GuestDiskField>, _ hardware: GuestHardwareDecoder.Hardware?
    ) {
        let format = fields.value(.format, as: .choice(), default: self.format)
        let bus = fields.value(.bus, as: .choice(), default: hardware?.buses.first ?? self.bus)
        let cache = fields.value(.cache, as: .choice(), default: self.cache)
        let aio = fields.value(.aio, as: .choice(), default: self.aio)
        let discard = fields.value(.discard, as: .choice(), default: self.discard)
        let hasIOThread = fields.value(.ioThread, as: .boolean, default: self.hasIOThread)
        iops = fields.optional(.iops, as: Self.iops)
        bandwidth = fields.optional(.bandwidth, as: Self.bandwidth)
        let onRemove = fields.value(.onRemove, as: .choice(), default: self.onRemove)
        let onDestroy = fields.value(.onDestroy, as: .choice(), default: self.onDestroy)
        if aio == .native, let cache, cache != .none, cache != .directsync {
            values.report(
                .conflictingFields, at: fields.node(.aio) ?? fields.node,
                "\"aio: native\" goes past the host's page cache, and the disk's cache is \(cache.rawValue)",
                help: "write “cache: none” or “cache: directsync”, or leave aio out")
        }
        if let bus, let hardware, !hardware.buses.contains(bus) {
            let what = hardware.devices == .legacy ? "with legacy devices" : "of machine \(hardware.machine.rawValue)"
            values.report(
                .conflictingFields, at: fields.node(.bus) ?? fields.node,
                "a guest \(what) has no disks on the bus \(bus.rawValue)",
                help: "write \(hardware.buses.map(\.rawValue).joined(separator: " or "))")
        }
        if hasIOThread == true, hardware?.machine == .microvm {
            // QEMU without KVM ends: “ioeventfd is required for iothread”.
            values.report(
                .conflictingFields, at: fields.node(.ioThread) ?? fields.node,
                "\"ioThread\" is for disks behind PCI, and a microvm has none",
                help: "leave out ioThread, or write “machine: q35” in the guest")
        } else if hasIOThread == true, let bus, bus != .virtio {
            values.report(
                .conflictingFields, at: fields.node(.ioThread) ?? fields.node,
                "\"ioThread\" is for disks on the bus virtio, and this one's is \(bus.rawValue)",
                help: "leave out ioThread, or the bus")
        }
        guard let format, let bus, let cache, let aio, let discard, let hasIOThread, let onRemove, let onDestroy,
            (iops == nil) == (fields.node(.iops) == nil), (bandwidth == nil) == (fields.node(.bandwidth) == nil)
        else { return nil }
        (self.format, self.bus, self.cache, self.aio, self.discard) = (format, bus, cache, aio, discard)
        (self.hasIOThread, self.onRemove, self.onDestroy) = (hasIOThread, onRemove, onDestroy)
    }

    func applied(to disk: DesiredDisk) -> DesiredDisk {
        var disk = disk
        (disk.format, disk.bus, disk.cache, disk.aio, disk.discard) = (format, bus, cache, aio, discard)
        (disk.hasIOThread, disk.iops, disk.bandwidth) = (hasIOThread, iops, bandwidth)
        (disk.onRemove, disk.onDestroy) = (onRemove, onDestroy)
        return disk
    }
}

extension GuestHardwareDecoder.Hardware {
    /// What its disks can be attached to, the usual one first.
    fileprivate var buses: [DiskBus] {
        if devices == .legacy { return [.ide] }
        return switch machine {
        case .q35: [.virtio, .scsi, .sata]
        case .pc: [.virtio, .scsi, .ide]
        case .microvm: [.virtio]
        }
    }
}
