/// `query-chardev`: the character devices, monitors included.
public struct QueryChardev: QMPCommand {
    public static let name = "query-chardev"
    public typealias Reply = [Device]

    /// Schema `ChardevInfo`.
    public struct Device: Sendable, Hashable, Decodable {
        /// The id of `-chardev`.
        public let label: String
        /// The backend, such as `unix:/run/a.sock,server=on` or `disconnected:…`.
        public let filename: String
        /// Whether the device in front is open: for a virtserialport, whether a program in the guest (the guest
        /// agent, say) has opened it.
        public let frontendOpen: Bool

        private enum CodingKeys: String, CodingKey {
            case label, filename
            case frontendOpen = "frontend-open"
        }
    }

    public init() {}
}
