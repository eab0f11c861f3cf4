/// `query-kvm`: whether KVM executes the guest.
public struct QueryKVM: QMPCommand {
    public static let name = "query-kvm"

    /// Schema `KvmInfo`.
    public struct Reply: Sendable, Hashable, Decodable {
        /// Whether KVM is in use.
        public let enabled: Bool
        /// Whether this QEMU was built with it.
        public let present: Bool
    }

    public init() {}
}
