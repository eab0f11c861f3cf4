/// A guest as it was found on its host: its definition, and its process where there is one.
public struct LiveGuest: Codable, Hashable, Sendable {
    public enum State: Codable, Hashable, Sendable {
        /// No process.
        case stopped
        /// QEMU runs and answers, the guest's processors execute.
        case running
        /// QEMU runs and answers, the guest does not execute; the text is QMP's run state, such as `paused`,
        /// `io-error` or `internal-error`.
        case halted(String)
        /// A process is there, but QMP does not answer; the text says how.
        case unresponsive(String)
    }

    public var definition: GuestDefinition
    public var state: State
    /// What the process was started with; nil where there is none.
    public var process: RunningGuest?
    /// Disks of the definition whose files are missing.
    public var missingDisks: [Name]
    /// What it is to keep besides, and is not there.
    public var missingState: [KeptState]
    /// Disks that the definition has no more and whose files were kept.
    public var keptDisks: [KeptDisk]
    /// How the running process differs from what its record says; sorted.
    public var defects: [GuestDefect]
    /// Ports where a disk or a NIC can be added while it runs; nil: not known, or nothing can be added.
    public var freePorts: Int?
    /// The path of the socket on its host where its screen is shown by VNC; nil: there is none.
    public var display: String?

    public init(
        definition: GuestDefinition, state: State, process: RunningGuest? = nil, missingDisks: [Name] = [],
        missingState: [KeptState] = [], keptDisks: [KeptDisk] = [], defects: [GuestDefect] = [], freePorts: Int? = nil
    ) {
        self.definition = definition
        self.state = state
        self.process = process
        self.missingDisks = missingDisks
        self.missingState = missingState
        self.keptDisks = keptDisks
        self.defects = defects
        self.freePorts = freePorts
    }

    /// True where a process holds memory for this guest, whether it executes or not.
    public var hasProcess: Bool { state != .stopped }
    /// What the guest takes from its host's memory now.
    public var memoryCost: ByteCount { hasProcess ? process?.memoryCost ?? definition.spec.memoryCost : .zero }
}
