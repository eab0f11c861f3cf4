/// `qom-list`: the properties of an object. Children are those whose type starts with `child<`.
public struct QOMList: QMPCommand {
    public static let name = "qom-list"
    public typealias Reply = [Property]

    /// Schema `ObjectPropertyInfo`, in part.
    public struct Property: Sendable, Hashable, Decodable {
        public let name: String
        /// Such as `string`, `child<virtio-net-pci>` or `link<bus>`.
        public let type: String
    }

    /// As in `QOMGet`.
    public let path: String

    public init(path: String) {
        self.path = path
    }
}
