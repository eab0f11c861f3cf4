/// Flags of an interface, those of `netdevice(7)` that matter to bridges and taps.
public struct LinkFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Switched on (`IFF_UP`).
    public static let up = LinkFlags(rawValue: 1 << 0)
    /// The loopback interface (`IFF_LOOPBACK`).
    public static let loopback = LinkFlags(rawValue: 1 << 3)
    /// Switched on and able to carry traffic (`IFF_RUNNING`).
    public static let running = LinkFlags(rawValue: 1 << 6)
    /// The carrier is there: a cable is plugged in, or a process holds the tap (`IFF_LOWER_UP`).
    public static let lowerUp = LinkFlags(rawValue: 1 << 16)
}
