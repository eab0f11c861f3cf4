/// Whether an interface can carry traffic (RFC 2863, `IF_OPER_*` in `linux/if.h`).
public enum OperationalState: UInt8, Hashable, Sendable {
    /// The driver does not say; the loopback is always so.
    case unknown = 0
    case notPresent = 1
    case down = 2
    /// An interface underneath is down.
    case lowerLayerDown = 3
    case testing = 4
    /// Up, and waiting for something such as authentication.
    case dormant = 5
    case up = 6
}
