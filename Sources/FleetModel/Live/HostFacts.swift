/// What a host has and can do.
public struct HostFacts: Codable, Hashable, Sendable {
    /// What `/dev/kvm` is good for on this host.
    public enum KVM: Codable, Hashable, Sendable {
        /// A 64-bit system was seen to run.
        case works
        /// The device opens, but a 64-bit system does not run under it; the text says what was seen.
        case limited(String)
        /// The device is absent or cannot be opened; the text says which.
        case unusable(String)
    }

    public struct Route: Codable, Hashable, Sendable {
        public var subnet: IPv4Subnet
        public var interface: String

        public init(subnet: IPv4Subnet, interface: String) {
            self.subnet = subnet
            self.interface = interface
        }
    }

    public var instance: InstanceID
    /// MemTotal of `/proc/meminfo`.
    public var memory: ByteCount
    /// Processors online.
    public var cpus: Int
    /// The file system of the state folder.
    public var disk: ByteCount
    public var diskAvailable: ByteCount
    /// What guests' disks and cached files take of that file system now; nil: not known.
    public var diskHeld: ByteCount?
    public var kvm: KVM
    /// Why a guest's QEMU cannot do its input and output by io_uring; nil: it can, or nobody has asked.
    public var ioUringFault: String?
    /// Why the state folder's file system cannot be used past the page cache; nil: it can, or nobody has asked.
    public var directIOFault: String?
    /// Such as `7.2.22`; nil: QEMU is not installed.
    public var qemuVersion: String?
    /// What it has of what guests may ask for, in the order of all that there is.
    public var features: [HostFeature]
    /// IPv4 routes of the main table to networks that are not Lodge's, the default route left out.
    public var routes: [Route]
    public var bootID: String

    public init(
        instance: InstanceID, memory: ByteCount, cpus: Int, disk: ByteCount, diskAvailable: ByteCount,
        diskHeld: ByteCount? = nil, kvm: KVM, ioUringFault: String? = nil, directIOFault: String? = nil,
        qemuVersion: String?, features: [HostFeature] = HostFeature.allCases, routes: [Route] = [], bootID: String
    ) {
        self.instance = instance
        self.memory = memory
        self.cpus = cpus
        self.disk = disk
        self.diskAvailable = diskAvailable
        self.diskHeld = diskHeld
        self.kvm = kvm
        self.ioUringFault = ioUringFault
        self.directIOFault = directIOFault
        self.qemuVersion = qemuVersion
        self.features = features
        self.routes = routes
        self.bootID = bootID
    }
}
