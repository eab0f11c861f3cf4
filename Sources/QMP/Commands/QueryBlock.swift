/// `query-block`: the disks and drives with what is in them.
public struct QueryBlock: QMPCommand {
    public static let name = "query-block"
    public typealias Reply = [Drive]

    /// Schema `BlockInfo`, in part.
    public struct Drive: Sendable, Hashable, Decodable {
        /// The name of a `-drive`; empty for a `-blockdev`.
        public let device: String
        /// The QOM path or id of the device in front.
        public let qdev: String?
        /// `nil` for an empty drive.
        public let inserted: Medium?
        /// `nil` where the device does not track it. After an error it can be stale: trust `query-status`.
        public let ioStatus: IOStatus?
        /// `nil` for what has no tray.
        public let isTrayOpen: Bool?

        private enum CodingKeys: String, CodingKey {
            case device, qdev, inserted
            case isTrayOpen = "tray_open"
            case ioStatus = "io-status"
        }
    }

    /// Schema `BlockDeviceInfo`, in part.
    public struct Medium: Sendable, Hashable, Decodable {
        /// The file name, or a `json:{…}` description.
        public let file: String
        public let nodeName: String?
        /// Whether it is read-only.
        public let readOnly: Bool
        /// The format driver, such as `qcow2`.
        public let driver: String
        public let image: Image
        /// Limits in operations and bytes a second; 0: none. Total, reads, writes.
        public let iops: Int64
        public let readIOPS: Int64
        public let writeIOPS: Int64
        public let bytes: Int64
        public let readBytes: Int64
        public let writeBytes: Int64

        private enum CodingKeys: String, CodingKey {
            case file, image
            case nodeName = "node-name"
            case readOnly = "ro"
            case driver = "drv"
            case iops
            case readIOPS = "iops_rd"
            case writeIOPS = "iops_wr"
            case bytes = "bps"
            case readBytes = "bps_rd"
            case writeBytes = "bps_wr"
        }
    }

    /// Schema `ImageInfo`, in part.
    public struct Image: Sendable, Hashable, Decodable {
        public let filename: String
        /// The size that the guest sees, in bytes.
        public let virtualSize: UInt64
        /// What the file takes on its file system, in bytes, where QEMU can tell.
        public let actualSize: UInt64?

        private enum CodingKeys: String, CodingKey {
            case filename
            case virtualSize = "virtual-size"
            case actualSize = "actual-size"
        }
    }

    /// Schema `BlockDeviceIoStatus`.
    public enum IOStatus: Sendable, Hashable, Decodable {
        case ok
        case failed
        /// The host's file system is full.
        case noSpace
        /// A status that this schema does not know.
        case unknown(String)

        public init(from decoder: any Decoder) throws {
            let name = try decoder.singleValueContainer().decode(String.self)
            self =
                switch name {
                case "ok": .ok
                case "failed": .failed
                case "nospace": .noSpace
                default: .unknown(name)
                }
        }
    }

    public init() {}
}
