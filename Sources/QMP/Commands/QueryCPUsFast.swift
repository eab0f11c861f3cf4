/// `query-cpus-fast`: the virtual CPUs that are plugged in, without disturbing them.
public struct QueryCPUsFast: QMPCommand {
    public static let name = "query-cpus-fast"
    public typealias Reply = [CPU]

    /// Schema `CpuInfoFast`, in part.
    public struct CPU: Sendable, Hashable, Decodable {
        public let index: Int
        public let qomPath: String
        /// The host's thread id. Under single-threaded TCG all CPUs share one.
        public let threadID: Int32

        private enum CodingKeys: String, CodingKey {
            case index = "cpu-index"
            case qomPath = "qom-path"
            case threadID = "thread-id"
        }
    }

    public init() {}
}
