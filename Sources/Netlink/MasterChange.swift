/// What becomes of an interface's place in a bridge.
public enum MasterChange: Hashable, Sendable {
    /// It becomes a port of this bridge, and leaves the one in which it was.
    case attach(to: InterfaceIndex)
    /// It leaves its bridge.
    case detach
}
