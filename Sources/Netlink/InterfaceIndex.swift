/// The number by which the kernel knows an interface (`ifindex`), 1 or more. It stays while a name may change, and is not
/// used again soon after the interface is gone.
public struct InterfaceIndex: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public var description: String { "interface \(rawValue)" }
}
