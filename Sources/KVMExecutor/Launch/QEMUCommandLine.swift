import FleetModel

/// The arguments of the QEMU process that is a guest. Sources: qemu(1) and the QMP schema of QEMU 7.2.
public struct QEMUCommandLine {
    /// Descriptors that the process inherits.
    public struct Descriptors {
        /// Listening unix sockets.
        public var qmp: CInt
        public var observer: CInt
        public var console: CInt
        public var agent: CInt
        /// Where the serial console's output is copied to: a pipe.
        public var consoleLog: CInt
        /// Taps, in the order of the guest's NICs.
        public var taps: [CInt]
        /// Connected with the process that is the guest's TPM.
        public var tpm: CInt?

        public init(
            qmp: CInt, observer: CInt, console: CInt, agent: CInt, consoleLog: CInt, taps: [CInt], tpm: CInt? = nil
        ) {
            self.qmp = qmp
            self.observer = observer
            self.console = console
            self.agent = agent
            self.consoleLog = consoleLog
            self.taps = taps
            self.tpm = tpm
        }
    }

    /// Free PCI Express ports that a q35 guest has for disks and NICs added while it runs. Each costs about 0.15
    /// CPU seconds of a start without KVM.
    public static let sparePorts = 4

    let definition: GuestDefinition
    let layout: HostLayout
    let descriptors: Descriptors
    private var spec: GuestSpec { definition.spec }
    private var folder: GuestFolder { layout.guest(definition.owner.fleet, definition.name) }
    private var ports: PCIPorts
    private var firmware: FirmwareDevices

    public init(_ definition: GuestDefinition, layout: HostLayout, descriptors: Descriptors) {
        self.definition = definition
        self.layout = layout
        self.descriptors = descriptors
        ports = PCIPorts(
            used: definition.spec.disks.count(where: \.bus.takesPort) + definition.spec.nics.count,
            spare: Self.sparePorts)
        firmware = FirmwareDevices(
            spec: definition.spec, folder: layout.guest(definition.owner.fleet, definition.name),
            run: layout.guestRun(definition.id), tpmDescriptor: definition.spec.hasTPM ? descriptors.tpm : nil)
    }

    public var arguments: [String] {
        identity + machine + channels + (spec.machine == .q35 ? ports.arguments : []) + disks + seed + nics + growth
            + extras + firmware.arguments + Self.sandbox
    }

    /// The UUID that the guest's firmware tells its system, and that names its process: from instance and id, so
    /// that it outlives renames and restarts.
    public static func uuid(_ definition: GuestDefinition) -> String {
        var digits = Array(Digest(of: "\(definition.owner.instance)/\(definition.id)").text.prefix(32))
        digits[12] = "8"  // RFC 9562: version 8, free-form
        digits[16] = "8"  // and its variant
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }

    private var identity: [String] {
        [
            "-name", "guest=\(definition.mark),process=lodge-\(definition.id),debug-threads=on",
            "-uuid", Self.uuid(definition), "-nodefaults", "-no-user-config", "-display", "none",
            "-msg", "timestamp=on", "-pidfile", layout.guestRun(definition.id).pid,
        ]
    }

    private var machine: [String] {
        let model =
            switch spec.machine {
            case .q35:
                ["-machine", "q35\(firmware.machineOptions)"] + smbios
                    + ["-global", "ICH9-LPC.disable_s3=1", "-global", "ICH9-LPC.disable_s4=1"]
            case .pc:
                ["-machine", "pc"] + smbios
                    + ["-global", "PIIX4_PM.disable_s3=1", "-global", "PIIX4_PM.disable_s4=1"]
            case .microvm: ["-machine", "microvm,acpi=on"]
            }
        let accelerator =
            switch spec.accelerator {
            case .kvm: ["-accel", "kvm"]
            case .tcg:
                // One thread for all processors where more can be plugged in: QEMU 7.2 gives each thread its own
                // part of the translation buffer, and ends where the guest has used up all before a thread is added
                // (an assertion in `tcg_region_initial_alloc__locked`, tcg/region.c).
                ["-accel", "tcg,tb-size=\(MemoryCost.translationBufferMiB)" + (hasRoomForCPUs ? ",thread=single" : "")]
            }
        let size = [
            "-cpu", spec.cpuModel, "-smp", processors, "-m", memory, "-rtc", "base=utc,driftfix=slew",
        ]
        return model + accelerator + size + boot
    }

    private var smbios: [String] {
        ["-smbios", "type=1,manufacturer=Lodge,product=guest,serial=\(definition.id)"]
    }

    /// With room to grow, QEMU makes one socket with a core for each that there can be.
    private var processors: String {
        hasRoomForCPUs ? "cpus=\(spec.cpus),maxcpus=\(spec.maxCPUs)" : "\(spec.cpus)"
    }

    private var hasRoomForCPUs: Bool { spec.machine == .q35 && spec.maxCPUs > spec.cpus }

    private var memory: String {
        let boot = LiveMemory.boot(spec.memory)
        guard let room else { return "\(boot.bytes >> 20)M" }
        return "size=\(boot.bytes >> 20)M,maxmem=\((boot + room).bytes >> 20)M"
    }

    /// The size of the device that memory is plugged into while the guest runs; nil where it has none.
    private var room: ByteCount? {
        spec.machine == .q35 ? LiveMemory.room(memory: spec.memory, maxMemory: spec.maxMemory) : nil
    }

    private var boot: [String] {
        // From the first disk, and from nothing else: not from another disk, and not from the seed.
        guard let boot = spec.boot else { return ["-boot", "strict=on"] }
        var arguments: [String] = []
        if let image = boot.image { arguments += ["-bios", layout.cached(image, .firmware)] }
        if let kernel = boot.kernel { arguments += ["-kernel", layout.cached(kernel, .kernel)] }
        if let initrd = boot.initrd { arguments += ["-initrd", layout.cached(initrd, .initrd)] }
        if let cmdline = boot.cmdline, boot.kernel != nil { arguments += ["-append", cmdline] }
        return arguments
    }

    /// Monitors, serial console and guest agent, on sockets that listen already.
    private var channels: [String] {
        let log = "logfile=/proc/self/fd/\(descriptors.consoleLog),logappend=on"
        let agent = "socket,id=agent,fd=\(descriptors.agent),server=on,wait=off"
        let agentPort = [
            "-device", device("virtio-serial"), "-chardev", agent,
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        ]
        return [
            "-chardev", "socket,id=qmp,fd=\(descriptors.qmp),server=on,wait=off", "-mon", "chardev=qmp,mode=control",
            "-chardev", "socket,id=observer,fd=\(descriptors.observer),server=on,wait=off",
            "-mon", "chardev=observer,mode=control",
            "-chardev", "socket,id=console,fd=\(descriptors.console),server=on,wait=off,\(log)",
            "-serial", "chardev:console",
        ] + (spec.devices == .virtio ? agentPort : [])
    }

    private var disks: [String] {
        let hasController = spec.machine != .microvm && spec.devices == .virtio
        let controller = hasController ? ["-device", "virtio-scsi-pci,id=scsi,num_queues=1"] : []
        return controller + DiskDevice.arguments(spec, folder: folder, port: ports.name)
    }

    /// A q35 guest has a drive for its seed even where it has none yet, so that one can be put in while it runs. It
    /// is a SCSI one: Debian's kernel for the cloud has no driver for AHCI.
    private var seed: [String] {
        let node = LiveSeed.nodes[0]
        let isIn = spec.cloudInit != nil
        let blockdev = isIn ? ["-blockdev", blockdev(node, path: folder.seed)] : []
        switch (spec.machine, spec.devices) {
        case (.q35, _), (.pc, .virtio):
            let drive = "scsi-cd,bus=\(DiskDevice.scsiBus),id=\(LiveSeed.drive)" + (isIn ? ",drive=\(node)" : "")
            return blockdev + ["-device", drive]
        case (.pc, .legacy):
            // The last of the slots, which the manifest's check leaves free.
            let slot = DiskDevice.ideSlot(DeviceModel.legacyDrives - 1).joined(separator: ",")
            return isIn ? blockdev + ["-device", "ide-cd,\(slot),drive=\(node),id=\(LiveSeed.drive)"] : []
        case (.microvm, _):
            return isIn ? blockdev + ["-device", "virtio-blk-device,drive=\(node),id=seed,serial=seed"] : []
        }
    }

    /// A block node's name has at most 31 bytes (`node_name` in QEMU's block_int-common.h), that of its file included.
    static func node(_ disk: Name) -> String {
        "disk-" + (disk.text.utf8.count <= 20 ? disk.text : Digest(of: disk.text).short)
    }

    /// A file that is only read.
    private func blockdev(_ node: String, path: String) -> String {
        let file: JSONValue = .object([
            "driver": .string("file"), "filename": .string(path), "node-name": .string("\(node)-file"),
        ])
        let node: JSONValue = .object([
            "driver": .string("raw"), "node-name": .string(node), "read-only": .bool(true),
            "discard": .string("unmap"), "file": file,
        ])
        return String(decoding: CanonicalJSON.bytes(of: node), as: UTF8.self)
    }

    private var nics: [String] {
        var arguments: [String] = []
        for (index, (nic, tap)) in zip(spec.nics, descriptors.taps).enumerated() {
            var properties = ["netdev=net-\(nic.name)", "id=nic-\(nic.name)", "mac=\(nic.mac)"]
            if spec.machine == .q35 {
                properties.append("bus=\(ports.name(spec.disks.count(where: \.bus.takesPort) + index))")
            }
            // Without the boot ROM, which Debian packages apart and which slows every start.
            if spec.machine != .microvm { properties.append("romfile=") }
            let device =
                switch spec.devices {
                case .virtio: device("virtio-net", properties)
                case .legacy: (["e1000"] + properties).joined(separator: ",")
                }
            arguments += ["-netdev", "tap,id=net-\(nic.name),fd=\(tap)", "-device", device]
        }
        return arguments
    }

    /// Memory that is not there yet takes none of the host's (`reserve=off`, and the guest has not touched it).
    private var growth: [String] {
        guard let room else { return [] }
        let id = LiveMemory.device
        return [
            "-object", "memory-backend-ram,id=\(id),size=\(room.bytes >> 20)M,reserve=off",
            "-device", "virtio-mem-pci,id=\(id),memdev=\(id),block-size=\(LiveMemory.block >> 20)M,requested-size=0",
        ]
    }

    private var extras: [String] {
        let onPanic = ["-action", "panic=exit-failure"]
        guard spec.devices == .virtio else { return onPanic }
        let devices = [
            "-object", "rng-random,id=rng,filename=/dev/urandom",
            "-device", device("virtio-rng", ["rng=rng", "max-bytes=1024", "period=1000"]),
            "-device", device("virtio-balloon", ["id=balloon", "deflate-on-oom=on", "free-page-reporting=on"]),
        ]
        return devices + onPanic + (spec.machine != .microvm ? ["-device", "pvpanic-pci"] : [])
    }

    static let sandbox = ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]

    /// A virtio device by the name that the machine's bus gives it.
    private func device(_ kind: String, _ properties: [String] = []) -> String {
        ([kind + (spec.machine == .microvm ? "-device" : "-pci")] + properties).joined(separator: ",")
    }
}
