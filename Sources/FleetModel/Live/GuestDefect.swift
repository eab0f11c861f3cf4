/// A way in which a running guest is not what the record of its process says: somebody else changed it.
public enum GuestDefect: Codable, Hashable, Sendable {
    /// The NIC was pulled.
    case nicMissing(Name)
    /// The NIC is connected to another network than its own.
    case nicMoved(Name)
    /// The NIC is there, but its guest sees no cable in it.
    case cablePulled(Name)
    /// The disk was pulled.
    case diskMissing(Name)
    /// The disk is served from another file.
    case diskSwapped(Name, file: String)
    /// The seed is not in its drive.
    case seedMissing
    /// The seed was built for something else than what the process is recorded to have.
    case seedOutdated
    /// The process that is its TPM has ended.
    case tpmEnded
    /// The device is there, but no disk or NIC of Lodge's; the text is its id, or QEMU's path to it.
    case strangeDevice(String)
    /// Fewer or more virtual CPUs than recorded.
    case cpus(Int)
    /// Less or more memory than recorded.
    case memory(ByteCount)
    /// The limit of the disk or NIC is not the recorded one; the text is `disk NAME` or `NIC NAME`.
    case limitChanged(String)

    /// For plans: what is wrong.
    public var text: String {
        switch self {
        case .nicMissing(let name): "NIC \(name) was pulled"
        case .nicMoved(let name): "NIC \(name) is connected to another network than its own"
        case .cablePulled(let name): "the cable of NIC \(name) is pulled"
        case .diskMissing(let name): "disk \(name) was pulled"
        case .diskSwapped(let name, let file): "disk \(name) is served from \(file)"
        case .seedMissing: "its seed was ejected"
        case .seedOutdated: "its seed is another one than its own"
        case .tpmEnded: "the process of its TPM has ended"
        case .strangeDevice(let id): "it has a device that is not in its definition: \(id)"
        case .cpus(let count): "it has \(count) virtual CPUs"
        case .memory(let size): "it has \(size) of memory"
        case .limitChanged(let path): "the limit of \(path) was changed"
        }
    }
}

/// The file of a disk that its guest has no more.
public struct KeptDisk: Codable, Hashable, Sendable {
    public var name: Name
    public var format: DiskFormat
    /// What the disk may grow to on its host.
    public var size: ByteCount
    /// The cached file that it is an overlay on, by its name in the cache; nil: it stands for itself.
    public var backing: String?

    public init(name: Name, format: DiskFormat = .qcow2, size: ByteCount, backing: String? = nil) {
        self.name = name
        self.format = format
        self.size = size
        self.backing = backing
    }

    /// The file that stays of a disk.
    public init(_ disk: DiskSpec) {
        self.init(
            name: disk.name, format: disk.format, size: disk.size,
            backing: disk.format == .qcow2 ? disk.base?.fileName : nil)
    }
}
