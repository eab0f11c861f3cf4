/// The machine that QEMU emulates.
public enum MachineType: String, Codable, Sendable, CaseIterable {
    /// PCI Express, ACPI, hot-plug.
    case q35
    /// Few devices on virtio-mmio; starts fast.
    case microvm
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

/// What becomes of a disk's file once its disk is not in the manifest any more.
public enum DiskRemoval: String, Codable, Sendable, CaseIterable {
    /// It stays in the guest's folder, and is attached again where a disk of its name returns.
    case keep
    /// It is deleted with its data.
    case delete
}

/// What a changed seed does to a guest that has one already. The seed itself is always exchanged.
public enum SeedChange: String, Codable, Sendable, CaseIterable {
    /// The guest finds the new seed when it next looks, at its restart say.
    case ignore
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

/// What the guest's NoCloud seed says.
public struct CloudInit: Codable, Hashable, Sendable {
    public struct User: Codable, Hashable, Sendable {
        public var name: String
        /// Public keys, in the form of a line of `authorized_keys`.
        public var sshKeys: [String]
        /// May become root without a password.
        public var sudo: Bool
        /// The login shell; nil: the system's default.
        public var shell: String?

        public init(name: String, sshKeys: [String] = [], sudo: Bool = false, shell: String? = nil) {
            self.name = name
            self.sshKeys = sshKeys
            self.sudo = sudo
            self.shell = shell
        }
    }

    /// Nil: the guest's name.
    public var hostname: String?
    public var users: [User]
    /// Taken as it is (`#cloud-config`, `#!` script, …); where users are given too, both travel in one MIME archive.
    public var userData: String?
    public var onChange: SeedChange

    public init(
        hostname: String? = nil, users: [User] = [], userData: String? = nil, onChange: SeedChange = .ignore
    ) {
        self.hostname = hostname
        self.users = users
        self.userData = userData
        self.onChange = onChange
    }
}
