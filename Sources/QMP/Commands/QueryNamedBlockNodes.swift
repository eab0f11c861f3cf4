/// `query-named-block-nodes`: every block node, whether a device uses it or not.
public struct QueryNamedBlockNodes: QMPCommand {
    public static let name = "query-named-block-nodes"
    public typealias Reply = [Node]

    /// Schema `BlockDeviceInfo`, in part.
    public struct Node: Sendable, Hashable, Decodable {
        public let name: String

        private enum CodingKeys: String, CodingKey { case name = "node-name" }
    }

    /// Without the backing files' details, which a long chain has many of.
    public let flat = true

    public init() {}
}
