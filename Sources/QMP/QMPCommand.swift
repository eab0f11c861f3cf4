/// One command of the QMP schema. Its encoded members are the command's `arguments`.
public protocol QMPCommand: Encodable, Sendable {
    /// What QEMU returns on success.
    associatedtype Reply: Decodable & Sendable = QMPEmptyReply
    /// The schema name, such as `query-status`.
    static var name: String { get }
}

/// The reply of a command that returns nothing: `{}`.
public struct QMPEmptyReply: Sendable, Hashable, Decodable {
    public init() {}
}
