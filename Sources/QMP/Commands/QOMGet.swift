/// `qom-get`: a property of an object, as the type that the caller knows it to have.
public struct QOMGet<Value: Decodable & Sendable>: QMPCommand {
    public static var name: String { "qom-get" }
    public typealias Reply = Value

    /// An absolute path such as `/machine/peripheral/nic0`, or a part that is unique.
    public let path: String
    public let property: String

    public init(path: String, property: String, as type: Value.Type = QMPValue.self) {
        self.path = path
        self.property = property
    }
}
