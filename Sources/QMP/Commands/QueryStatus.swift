/// `query-status`: whether the guest runs, and if not, why.
public struct QueryStatus: QMPCommand {
    public static let name = "query-status"

    /// Schema `StatusInfo`.
    public struct Reply: Sendable, Hashable, Decodable {
        /// Whether the virtual CPUs execute.
        public let running: Bool
        public let status: RunState
    }

    public init() {}
}
