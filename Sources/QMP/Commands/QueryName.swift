/// `query-name`: the guest's name, as given by `-name`.
public struct QueryName: QMPCommand {
    public static let name = "query-name"

    /// Schema `NameInfo`.
    public struct Reply: Sendable, Hashable, Decodable {
        public let name: String?
    }

    public init() {}
}
