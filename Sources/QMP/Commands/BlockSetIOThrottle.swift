/// `block_set_io_throttle`: limits what a disk may do, from now on. 0: no limit. Limits on reads and writes apart are
/// taken away.
public struct BlockSetIOThrottle: QMPCommand {
    public static let name = "block_set_io_throttle"

    /// The device's QOM path, or its id.
    public let id: String
    /// Operations a second.
    public let iops: Int64
    /// Bytes a second.
    public let bytes: Int64

    private enum CodingKeys: String, CodingKey {
        case id, iops
        case readIOPS = "iops_rd"
        case writeIOPS = "iops_wr"
        case bytes = "bps"
        case readBytes = "bps_rd"
        case writeBytes = "bps_wr"
    }

    public init(id: String, iops: Int64, bytes: Int64) {
        self.id = id
        self.iops = iops
        self.bytes = bytes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(iops, forKey: .iops)
        try container.encode(bytes, forKey: .bytes)
        // The schema demands them all.
        for key in [CodingKeys.readIOPS, .writeIOPS, .readBytes, .writeBytes] { try container.encode(0, forKey: key) }
    }
}
