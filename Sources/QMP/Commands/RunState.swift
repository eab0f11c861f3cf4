/// Schema `RunState`: what the virtual machine is doing.
public enum RunState: Sendable, Hashable, Decodable {
    /// Started to be debugged (gdb) and stopped.
    case debug
    /// Waits for the state of a migration, or receives it.
    case inMigrate
    /// Cannot go on; under KVM, an instruction that could not be executed, say.
    case internalError
    /// Stopped because a disk operation failed; `cont` tries again.
    case ioError
    /// Stopped by `stop`.
    case paused
    /// Stopped after its state was migrated elsewhere.
    case postMigrate
    /// Started with `-S`, not yet run.
    case prelaunch
    /// Stopped for the last part of a migration.
    case finishMigrate
    /// Stopped to load a saved state.
    case restoreVM
    case running
    /// Stopped to save its state.
    case saveVM
    /// Powered off under `-no-shutdown`.
    case shutdown
    /// Suspended to memory by the guest.
    case suspended
    /// Stopped by the watchdog's action.
    case watchdog
    /// The guest's kernel panicked.
    case guestPanicked
    /// Saves or restores for COLO replication.
    case colo
    /// A state that this schema does not know.
    case unknown(String)

    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    /// - Parameter rawValue: the name on the wire.
    public init(rawValue: String) {
        self =
            switch rawValue {
            case "debug": .debug
            case "inmigrate": .inMigrate
            case "internal-error": .internalError
            case "io-error": .ioError
            case "paused": .paused
            case "postmigrate": .postMigrate
            case "prelaunch": .prelaunch
            case "finish-migrate": .finishMigrate
            case "restore-vm": .restoreVM
            case "running": .running
            case "save-vm": .saveVM
            case "shutdown": .shutdown
            case "suspended": .suspended
            case "watchdog": .watchdog
            case "guest-panicked": .guestPanicked
            case "colo": .colo
            default: .unknown(rawValue)
            }
    }

    /// The name on the wire.
    public var text: String {
        switch self {
        case .debug: "debug"
        case .inMigrate: "inmigrate"
        case .internalError: "internal-error"
        case .ioError: "io-error"
        case .paused: "paused"
        case .postMigrate: "postmigrate"
        case .prelaunch: "prelaunch"
        case .finishMigrate: "finish-migrate"
        case .restoreVM: "restore-vm"
        case .running: "running"
        case .saveVM: "save-vm"
        case .shutdown: "shutdown"
        case .suspended: "suspended"
        case .watchdog: "watchdog"
        case .guestPanicked: "guest-panicked"
        case .colo: "colo"
        case .unknown(let text): text
        }
    }
}
