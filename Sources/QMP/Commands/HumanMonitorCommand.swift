/// `human-monitor-command`: what QMP has no command for, with an answer made for people.
public struct HumanMonitorCommand: QMPCommand {
    public static let name = "human-monitor-command"
    public typealias Reply = String

    public let line: String

    private enum CodingKeys: String, CodingKey {
        case line = "command-line"
    }

    public init(_ line: String) { self.line = line }
}
