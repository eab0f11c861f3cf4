/// The machine that QEMU emulates.
public enum MachineType: String, Codable, Sendable, CaseIterable {
    /// PCI Express, ACPI, hot-plug.
    case q35
    /// QEMU's i440fx: PCI without Express, IDE; what old systems know.
    case pc
    /// Few devices on virtio-mmio; starts fast.
    case microvm
}

/// What a guest's processor executes first.
public enum Firmware: String, Codable, Sendable, CaseIterable {
    case bios
    case uefi
    /// UEFI that starts what is signed alone.
    case uefiSecure = "uefi-secure"

    /// True: it keeps variables, in a file of the guest's.
    public var hasVariables: Bool { self != .bios }
}

/// Which hardware a guest finds besides its machine.
public enum DeviceModel: String, Codable, Sendable, CaseIterable {
    case virtio
    /// IDE disks and e1000 NICs, for systems without virtio drivers.
    case legacy

    /// How many drives PIIX's IDE takes: two on each of two channels.
    public static let legacyDrives = 4
}

public enum Display: String, Codable, Sendable, CaseIterable {
    case none
    /// A screen, shown by VNC on a unix socket of the host.
    case vnc
}

/// What executes a guest's instructions.
public enum Accelerator: String, Codable, Sendable {
    /// The processor, through the kernel's KVM.
    case kvm
    /// QEMU's own translator: works everywhere, slowly.
    case tcg
}

public enum AcceleratorChoice: String, Codable, Sendable, CaseIterable {
    /// KVM where the host has been shown to run a 64-bit system under it, else TCG.
    case auto
    case kvm, tcg
}

public enum Power: String, Codable, Sendable, CaseIterable {
    case running, stopped
}

/// What becomes of a disk's file once its disk, or its guest, is not in the manifest any more.
public enum DiskRemoval: String, Codable, Sendable, CaseIterable {
    /// It stays in the guest's folder, and is attached again where a disk of its name returns.
    case keep
    /// It is deleted with its data.
    case delete
}

/// What a guest's disk is attached to.
public enum DiskBus: String, Codable, Sendable, CaseIterable {
    case virtio, scsi, sata, ide

    /// A disk can come and go while its guest runs.
    public var takesHotPlug: Bool { self == .virtio || self == .scsi }
    /// Each disk takes a PCI port, where the machine has any.
    public var takesPort: Bool { self == .virtio }
}

/// What of a disk's data may lie in the host's memory alone, as `cache` of qemu(1) names it.
public enum DiskCache: String, Codable, Sendable, CaseIterable {
    /// Through the host's page cache; what the guest has flushed is on the host's disk.
    case writeback
    /// Past the host's page cache; what the guest has flushed is on the host's disk.
    case none
    /// Through the host's page cache; each write is on the host's disk before it counts as done.
    case writethrough
    /// Past the host's page cache; each write is on the host's disk before it counts as done.
    case directsync
    /// Through the host's page cache, and the guest's flushes do nothing: fast, and a host that fails loses the disk.
    case unsafe
}

/// How QEMU hands a disk's input and output to the kernel.
public enum DiskAIO: String, Codable, Sendable, CaseIterable {
    case threads
    /// Linux's native one; only past the host's page cache.
    case native
    case ioUring = "io_uring"
}

/// What becomes of blocks that the guest discards.
public enum DiskDiscard: String, Codable, Sendable, CaseIterable {
    /// They are given back to the host.
    case unmap
    case ignore
}

/// What a changed seed does to a guest that has one already. The seed itself is always exchanged.
public enum SeedChange: String, Codable, Sendable, CaseIterable {
    /// The guest's system has the new seed at hand, and cloud-init has done its work already.
    case ignore
    /// The guest restarts, and cloud-init takes the new seed for a new instance's: it does all its work again.
    case restart
    /// The guest starts on a new root disk, as cloud-init runs most of its work once a disk.
    case replace
}

/// What starts a guest again whose process ended.
public enum RestartPolicy: String, Codable, Sendable, CaseIterable {
    case always
    case onFailure = "on-failure"
    case never
}

/// Where a sensitive value is read from. It is never shown, and never saved in a plan.
public enum SecretSource: Codable, Hashable, Sendable {
    /// The absolute path of a file on the control machine.
    case file(String)
    /// A variable of the environment that the command runs in.
    case environment(String)
}

/// When a started guest counts as ready.
public struct Readiness: Codable, Hashable, Sendable {
    public enum Condition: Codable, Hashable, Sendable {
        /// QEMU runs and answers.
        case started
        /// Every address of the guest answers on its network.
        case address
        /// A TCP connection to the port of the guest's first address is accepted.
        case tcp(port: UInt16)
        /// The QEMU guest agent in the guest answers.
        case agent
        /// The serial console has printed the text since the guest started.
        case console(text: String)
    }

    public var condition: Condition
    public var timeout: Timespan

    public init(_ condition: Condition = .started, timeout: Timespan = .seconds(120)) {
        self.condition = condition
        self.timeout = timeout
    }
}
