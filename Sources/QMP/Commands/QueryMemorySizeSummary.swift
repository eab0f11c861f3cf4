/// `query-memory-size-summary`: the guest's memory, balloon not counted.
public struct QueryMemorySizeSummary: QMPCommand {
    public static let name = "query-memory-size-summary"

    /// Schema `MemoryInfo`.
    public struct Reply: Sendable, Hashable, Decodable {
        /// What the guest was started with (`-m`), in bytes.
        public let base: UInt64
        /// What is plugged in beyond that, in bytes; `nil` where this QEMU has no memory hot-plug.
        public let plugged: UInt64?

        private enum CodingKeys: String, CodingKey {
            case base = "base-memory"
            case plugged = "plugged-memory"
        }
    }

    public init() {}
}
