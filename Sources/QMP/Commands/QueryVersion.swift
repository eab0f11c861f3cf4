/// `query-version`: the version of QEMU, as in the greeting.
public struct QueryVersion: QMPCommand {
    public static let name = "query-version"
    public typealias Reply = QEMUVersion

    public init() {}
}
