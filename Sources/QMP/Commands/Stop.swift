/// `stop`: stops the virtual CPUs. Succeeds where they do not run.
public struct Stop: QMPCommand {
    public static let name = "stop"

    public init() {}
}
