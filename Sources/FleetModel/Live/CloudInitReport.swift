/// What cloud-init in a guest says of its work, as the guest agent passes it on: another machine's words.
public struct CloudInitReport: Codable, Hashable, Sendable {
    public enum Status: String, Codable, Sendable {
        /// Some of its stages are still to come.
        case running
        case done
        /// All that it will do is done, or not, and something went wrong.
        case error
    }

    public var status: Status
    /// What went wrong first.
    public var error: String?

    public init(_ status: Status, error: String? = nil) {
        self.status = status
        self.error = error
    }
}
