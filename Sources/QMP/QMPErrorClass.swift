/// The class of an error reply: schema `QapiErrorClass`.
public enum QMPErrorClass: Sendable, Hashable {
    /// `GenericError`: all that has no class of its own.
    case generic
    /// `CommandNotFound`: unknown, or disabled in this state.
    case commandNotFound
    /// `DeviceNotActive`: the device exists but cannot serve the request now (no balloon, say).
    case deviceNotActive
    /// `DeviceNotFound`
    case deviceNotFound
    /// `KVMMissingCap`: the kernel's KVM lacks a capability.
    case kvmMissingCapability
    /// A class that this schema does not know.
    case unknown(String)

    public init(rawValue: String) {
        self =
            switch rawValue {
            case "GenericError": .generic
            case "CommandNotFound": .commandNotFound
            case "DeviceNotActive": .deviceNotActive
            case "DeviceNotFound": .deviceNotFound
            case "KVMMissingCap": .kvmMissingCapability
            default: .unknown(rawValue)
            }
    }

    /// The name on the wire.
    public var rawValue: String {
        switch self {
        case .generic: "GenericError"
        case .commandNotFound: "CommandNotFound"
        case .deviceNotActive: "DeviceNotActive"
        case .deviceNotFound: "DeviceNotFound"
        case .kvmMissingCapability: "KVMMissingCap"
        case .unknown(let name): name
        }
    }
}
