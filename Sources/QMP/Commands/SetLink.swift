/// `set_link`: plugs or pulls the cable of a NIC, as its guest sees it.
public struct SetLink: QMPCommand {
    public static let name = "set_link"

    /// The NIC's id.
    public let nic: String
    public let up: Bool

    private enum CodingKeys: String, CodingKey {
        case nic = "name"
        case up
    }

    public init(_ nic: String, up: Bool) {
        self.nic = nic
        self.up = up
    }
}
