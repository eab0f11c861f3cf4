/// How much of a hostile or broken peer a session takes in, in bytes. Beyond a limit it closes.
public struct QMPLimits: Sendable, Hashable {
    /// A line of any kind. The largest honest replies (`query-qmp-schema`) have under 1 MiB.
    public var lineBytes: Int
    /// An event, since events wait unread in memory.
    public var eventBytes: Int

    public init(lineBytes: Int = 16 << 20, eventBytes: Int = 64 << 10) {
        self.lineBytes = lineBytes
        self.eventBytes = eventBytes
    }
}
