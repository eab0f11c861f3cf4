/// How much the kernel trusts an entry of the ARP cache (`NUD_*` in `linux/neighbour.h`).
public enum NeighbourState: UInt16, Hashable, Sendable {
    case unspecified = 0
    /// Asked for and not answered yet.
    case incomplete = 0x01
    /// Confirmed not long ago.
    case reachable = 0x02
    /// Was valid once; to be confirmed at its next use.
    case stale = 0x04
    /// In use again, waiting for a confirmation by other traffic.
    case delay = 0x08
    /// Being asked again.
    case probe = 0x10
    /// Nobody answered.
    case failed = 0x20
    /// The interface has no ARP.
    case withoutARP = 0x40
    /// Set by an administrator; never expires.
    case permanent = 0x80
}
