/// `cont`: lets the virtual CPUs run (on).
public struct Cont: QMPCommand {
    public static let name = "cont"

    public init() {}
}
