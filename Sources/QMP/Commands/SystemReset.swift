/// `system_reset`: the hardware reset, without the guest's consent. The event `RESET` follows.
public struct SystemReset: QMPCommand {
    public static let name = "system_reset"

    public init() {}
}
