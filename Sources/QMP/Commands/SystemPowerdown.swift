/// `system_powerdown`: presses the power button. The event `POWERDOWN` follows at once; a guest that listens ends with
/// `SHUTDOWN`, one that does not goes on.
public struct SystemPowerdown: QMPCommand {
    public static let name = "system_powerdown"

    public init() {}
}
