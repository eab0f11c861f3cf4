/// Everything that makes a guest what it is, resolved: this is what its definition on the host holds, and what a
/// plan compares.
public struct GuestSpec: Codable, Hashable, Sendable {
    public var labels: [String: String]
    public var cpus: Int
    /// Virtual CPUs that it can have without a restart; at least `cpus`.
    public var maxCPUs: Int
    public var memory: ByteCount
    /// Memory that it can have without a restart; at least `memory`.
    public var maxMemory: ByteCount
    public var machine: MachineType
    public var accelerator: Accelerator
    /// A QEMU CPU model.
    public var cpuModel: String
    public var firmware: Firmware
    /// True: it has a TPM 2.0, whose state is kept with its disks.
    public var hasTPM: Bool
    public var devices: DeviceModel
    public var display: Display
    public var boot: BootSpec?
    public var disks: [DiskSpec]
    public var nics: [NICSpec]
    /// Nil: the guest has no seed.
    public var cloudInit: CloudInit?
    public var power: Power
    /// How long a guest may take to power off after its power button was pressed.
    public var stopGrace: Timespan
    /// True: no plan destroys or replaces it, not even one without its manifest.
    public var isProtected: Bool
    /// Where the values of sensitive fields come from, by the field's path, such as `cloudInit.userData`. What is
    /// named here is never shown.
    public var secrets: [String: SecretSource]

    /// - Parameters:
    ///   - maxCPUs: nil: as many as `cpus`.
    ///   - maxMemory: nil: as much as `memory`.
    public init(
        labels: [String: String] = [:], cpus: Int, maxCPUs: Int? = nil, memory: ByteCount, maxMemory: ByteCount? = nil,
        machine: MachineType, accelerator: Accelerator, cpuModel: String, firmware: Firmware = .bios,
        hasTPM: Bool = false, devices: DeviceModel = .virtio, display: Display = .none, boot: BootSpec? = nil,
        disks: [DiskSpec] = [], nics: [NICSpec] = [], cloudInit: CloudInit? = nil, power: Power = .running,
        stopGrace: Timespan = .seconds(60), isProtected: Bool = false, secrets: [String: SecretSource] = [:]
    ) {
        self.labels = labels
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
        self.isProtected = isProtected
        self.secrets = secrets
    }
}

/// A part of a guest that is known by its name.
public protocol Named { var name: Name { get } }
extension DiskSpec: Named {}
extension NICSpec: Named {}

/// What a guest starts instead of the boot loader on its first disk; the files lie in the host's cache.
public struct BootSpec: Codable, Hashable, Sendable {
    public var kernel: Digest?
    public var initrd: Digest?
    public var cmdline: String?
    /// A firmware image in place of BIOS and kernel; then the other three are nil.
    public var image: Digest?

    public init(kernel: Digest? = nil, initrd: Digest? = nil, cmdline: String? = nil, image: Digest? = nil) {
        self.kernel = kernel
        self.initrd = initrd
        self.cmdline = cmdline
        self.image = image
    }
}

public struct DiskSpec: Codable, Hashable, Sendable {
    /// The image that a disk is an overlay on.
    public struct Base: Codable, Hashable, Sendable {
        /// The image's name in the manifest, for people.
        public var image: Name
        public var digest: Digest
        public var format: DiskFormat

        public init(image: Name, digest: Digest, format: DiskFormat) {
            self.image = image
            self.digest = digest
            self.format = format
        }

        /// The image's name in a host's cache.
        public var fileName: String { "\(digest).\(format.rawValue)" }
    }

    public var name: Name
    /// Nil: a blank disk.
    public var base: Base?
    public var size: ByteCount
    /// How its file holds it.
    public var format: DiskFormat
    public var bus: DiskBus
    public var cache: DiskCache
    public var aio: DiskAIO
    public var discard: DiskDiscard
    /// True: a thread of its own does its input and output.
    public var hasIOThread: Bool
    /// Reads and writes a second, together; nil: no limit.
    public var iops: Int?
    /// Bytes read and written a second, together; nil: no limit.
    public var bandwidth: DataRate?
    public var onRemove: DiskRemoval
    /// What becomes of its file once the guest is destroyed.
    public var onDestroy: DiskRemoval

    public init(
        name: Name, base: Base? = nil, size: ByteCount, format: DiskFormat = .qcow2, bus: DiskBus = .virtio,
        cache: DiskCache = .writeback, aio: DiskAIO = .threads, discard: DiskDiscard = .unmap,
        hasIOThread: Bool = false, iops: Int? = nil, bandwidth: DataRate? = nil, onRemove: DiskRemoval = .keep,
        onDestroy: DiskRemoval = .delete
    ) {
        self.name = name
        self.base = base
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

public struct NICSpec: Codable, Hashable, Sendable {
    public var name: Name
    /// The network's name in the manifest.
    public var network: Name
    /// The network's identity on the guest's host.
    public var networkID: ObjectID
    public var mac: MACAddress
    public var ipv4: IPv4Address
    /// What flows in each direction; nil: no limit.
    public var bandwidth: DataRate?

    public init(
        name: Name, network: Name, networkID: ObjectID, mac: MACAddress, ipv4: IPv4Address, bandwidth: DataRate? = nil
    ) {
        self.name = name
        self.network = network
        self.networkID = networkID
        self.mac = mac
        self.ipv4 = ipv4
        self.bandwidth = bandwidth
    }
}
