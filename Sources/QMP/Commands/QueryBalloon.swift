/// `query-balloon`: the memory that the balloon leaves to the guest. Refused with `deviceNotActive` without a balloon.
public struct QueryBalloon: QMPCommand {
    public static let name = "query-balloon"

    /// Schema `BalloonInfo`.
    public struct Reply: Sendable, Hashable, Decodable {
        /// In bytes.
        public let actual: UInt64
    }

    public init() {}
}
