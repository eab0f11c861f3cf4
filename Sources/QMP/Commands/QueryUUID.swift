import FoundationEssentials

/// `query-uuid`: the guest's UUID, as given by `-uuid`; all zeros where none was.
public struct QueryUUID: QMPCommand {
    public static let name = "query-uuid"

    /// Schema `UuidInfo`.
    public struct Reply: Sendable, Hashable, Decodable {
        public let uuid: UUID

        private enum CodingKeys: String, CodingKey {
            case uuid = "UUID"
        }
    }

    public init() {}
}
