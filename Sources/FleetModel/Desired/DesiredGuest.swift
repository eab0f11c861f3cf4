/// A guest as the manifest declares it, its defaults filled in. What only the hosts can tell (where it is placed,
/// which accelerator works, derived addresses) is left open here.
public struct DesiredGuest: Equatable, Sendable {
    public var name: Name
    public var formerly: Name?
    public var labels: [String: String]
    /// The host that it is pinned to; nil: it is placed.
    public var host: Name?
    public var cpus: Int
    /// At least `cpus`.
    public var maxCPUs: Int
    public var memory: ByteCount
    /// At least `memory`.
    public var maxMemory: ByteCount
    public var machine: MachineType
    public var accelerator: AcceleratorChoice
    /// A QEMU model name, or `host`; nil: `host` under KVM, `max` without.
    public var cpuModel: String?
    public var firmware: Firmware
    public var hasTPM: Bool
    public var devices: DeviceModel
    public var display: Display
    public var boot: DesiredBoot?
    public var disks: [DesiredDisk]
    public var nics: [DesiredNIC]
    public var cloudInit: CloudInit?
    public var power: Power
    public var stopGrace: Timespan
    public var ready: Readiness
    /// Nil: the default of the host that it is on.
    public var restart: RestartPolicy?
    public var isProtected: Bool
    public var update: UpdatePolicy
    /// The `GuestSet` that it is one of.
    public var set: Name?
    /// Where sensitive fields come from, as in ``GuestSpec/secrets``.
    public var secrets: [String: SecretSource]
    public var origin: SourceRange?
    /// Where fields were set, by their paths (`memory`, `disks.root.size`), in the order of the manifest; a field
    /// with no entry has its default. Guests of one set share theirs.
    public var origins: [FieldOrigin]

    public init(
        name: Name, formerly: Name? = nil, labels: [String: String] = [:], host: Name? = nil, cpus: Int = 1,
        maxCPUs: Int? = nil, memory: ByteCount, maxMemory: ByteCount? = nil, machine: MachineType = .q35,
        accelerator: AcceleratorChoice = .auto, cpuModel: String? = nil, firmware: Firmware = .bios,
        hasTPM: Bool = false, devices: DeviceModel = .virtio, display: Display = .none, boot: DesiredBoot? = nil,
        disks: [DesiredDisk] = [], nics: [DesiredNIC] = [], cloudInit: CloudInit? = nil, power: Power = .running,
        stopGrace: Timespan = .seconds(60), ready: Readiness = Readiness(), restart: RestartPolicy? = nil,
        isProtected: Bool = false, update: UpdatePolicy = UpdatePolicy(), set: Name? = nil,
        secrets: [String: SecretSource] = [:], origin: SourceRange? = nil, origins: [FieldOrigin] = []
    ) {
        self.name = name
        self.formerly = formerly
        self.labels = labels
        self.host = host
        self.cpus = cpus
        self.maxCPUs = maxCPUs ?? cpus
        self.memory = memory
        self.maxMemory = maxMemory ?? memory
        self.machine = machine
        self.accelerator = accelerator
        self.cpuModel = cpuModel
        self.firmware = firmware
        self.hasTPM = hasTPM
        self.devices = devices
        self.display = display
        self.boot = boot
        self.disks = disks
        self.nics = nics
        self.cloudInit = cloudInit
        self.power = power
        self.stopGrace = stopGrace
        self.ready = ready
        self.restart = restart
        self.isProtected = isProtected
        self.update = update
        self.set = set
        self.secrets = secrets
        self.origin = origin
        self.origins = origins
    }
}

/// What a guest starts instead of the boot loader on its first disk.
public enum DesiredBoot: Equatable, Sendable {
    /// A kernel started directly, with an optional initial RAM disk and command line.
    case kernel(LocalFile, initrd: LocalFile?, cmdline: String)
    /// A firmware image in place of BIOS and kernel.
    case image(LocalFile)
}

public struct DesiredDisk: Equatable, Sendable {
    public var name: Name
    /// The image that a new disk is an overlay on; nil: a blank disk.
    public var image: Name?
    /// At least the image's virtual size; where the manifest gives none, equal to it.
    public var size: ByteCount
    public var format: DiskFormat
    public var bus: DiskBus
    public var cache: DiskCache
    public var aio: DiskAIO
    public var discard: DiskDiscard
    public var hasIOThread: Bool
    /// Reads and writes a second, together; nil: no limit.
    public var iops: Int?
    /// Bytes read and written a second, together; nil: no limit.
    public var bandwidth: DataRate?
    public var onRemove: DiskRemoval
    /// What becomes of its file once the guest is destroyed.
    public var onDestroy: DiskRemoval

    public init(
        name: Name, image: Name? = nil, size: ByteCount, format: DiskFormat = .qcow2, bus: DiskBus = .virtio,
        cache: DiskCache = .writeback, aio: DiskAIO = .threads, discard: DiskDiscard = .unmap,
        hasIOThread: Bool = false, iops: Int? = nil, bandwidth: DataRate? = nil, onRemove: DiskRemoval = .keep,
        onDestroy: DiskRemoval = .delete
    ) {
        self.name = name
        self.image = image
        self.size = size
        self.format = format
        self.bus = bus
        self.cache = cache
        self.aio = aio
        self.discard = discard
        self.hasIOThread = hasIOThread
        self.iops = iops
        self.bandwidth = bandwidth
        self.onRemove = onRemove
        self.onDestroy = onDestroy
    }
}

public struct DesiredNIC: Equatable, Sendable {
    public var name: Name
    public var network: Name
    /// Nil: derived from the guest's id and the NIC's name.
    public var mac: MACAddress?
    /// Nil: the live one, else derived within the network's range.
    public var ipv4: IPv4Address?
    /// What flows in each direction; nil: no limit.
    public var bandwidth: DataRate?

    public init(
        name: Name, network: Name, mac: MACAddress? = nil, ipv4: IPv4Address? = nil, bandwidth: DataRate? = nil
    ) {
        self.name = name
        self.network = network
        self.mac = mac
        self.ipv4 = ipv4
        self.bandwidth = bandwidth
    }
}
