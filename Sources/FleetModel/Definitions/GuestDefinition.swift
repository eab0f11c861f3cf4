/// `guest.json`: what a guest is to be. Written before the first effect of a change, so that whatever a change
/// leaves half-made is seen.
public struct GuestDefinition: Codable, Hashable, Sendable {
    /// The layout of this file.
    public static let currentSchema = 4

    public var schema: Int
    public var id: ObjectID
    public var owner: Owner
    public var name: Name
    /// Counts the changes of this definition, from 1; what is changed before the guest was made whole does not count.
    public var generation: Int
    public var spec: GuestSpec
    /// Disks of the spec that still have to be made (or made anew); empty once the definition is true.
    public var pendingDisks: [Name]
    /// Disks that the spec has no more and whose files still have to be deleted; sorted, empty once the definition is
    /// true. Nothing else remembers them where the guest's process is gone.
    public var doomedDisks: [Name] = []
    /// Disks that the spec has no more, whose files were kept, and are kept when the guest is destroyed, too; sorted.
    public var retainedDisks: [Name] = []
    /// What cloud-init knows the guest by since a changed seed was to be applied by a restart: it does its work once for
    /// each. Nil: since its root disk was made, the guest's id alone. The host keeps it; plans do not know it.
    public var seedInstance: String?

    public init(
        id: ObjectID, owner: Owner, name: Name, generation: Int = 1, spec: GuestSpec, pendingDisks: [Name] = []
    ) {
        schema = Self.currentSchema
        self.id = id
        self.owner = owner
        self.name = name
        self.generation = generation
        self.spec = spec
        self.pendingDisks = pendingDisks
    }

    /// The disks whose files outlive the guest; sorted.
    public var disksKeptOnDestroy: [Name] {
        Set(spec.disks.filter { $0.onDestroy == .keep }.map(\.name) + retainedDisks).sorted()
    }

    public var mark: String { owner.mark(.guest, name) }
    public var reference: GuestReference { GuestReference(id: id, fleet: owner.fleet, name: name) }
}

/// Enough to find a guest on its host.
public struct GuestReference: Codable, Hashable, Sendable {
    public var id: ObjectID
    public var fleet: Name
    public var name: Name

    public init(id: ObjectID, fleet: Name, name: Name) {
        self.id = id
        self.fleet = fleet
        self.name = name
    }
}

/// `running.json`: what the running process has: what it was started with, and each change since that QEMU confirmed.
/// Where it differs from the definition, a restart is
/// pending.
public struct RunningGuest: Codable, Hashable, Sendable {
    public var schema: Int
    /// The definition's generation when the process was started.
    public var generation: Int
    public var spec: GuestSpec
    public var pid: Int32
    /// The memory that the process was started with. What `spec` has above it was plugged in since; what `spec` has
    /// below it is in the balloon, and still the process's to take back.
    public var bootMemory: ByteCount
    /// The process's start time in clock ticks since boot (proc(5), field 22 of `stat`): with the pid it names one
    /// process for the host's uptime.
    public var startTime: UInt64
    public var bootID: String

    /// - Parameter bootMemory: nil: what the spec says.
    public init(
        generation: Int, spec: GuestSpec, pid: Int32, bootMemory: ByteCount? = nil, startTime: UInt64, bootID: String
    ) {
        schema = Self.currentSchema
        self.generation = generation
        self.spec = spec
        self.pid = pid
        self.bootMemory = bootMemory ?? spec.memory
        self.startTime = startTime
        self.bootID = bootID
    }
}
