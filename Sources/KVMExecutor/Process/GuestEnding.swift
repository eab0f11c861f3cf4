import FleetModel

/// How a guest's process came to its end.
public enum GuestEnding: Hashable, Sendable {
    /// The guest powered itself off, or did not run.
    case poweredOff
    /// It was asked to, and still ran when its time was over.
    case turnedOff
    /// QEMU never took the request: its monitors did not answer.
    case neverAsked
    /// The sockets of its monitors are gone: nobody can ask it anything any more.
    case noMonitor
    /// Its processors did not execute, in the state that QEMU calls so: it could not have heard.
    case halted(String)

    /// A remark for people; nil: it is as one would expect.
    ///
    /// - Parameter grace: what the guest was given.
    public func remark(grace: Timespan) -> String? {
        switch self {
        case .poweredOff: nil
        case .turnedOff where grace == .seconds(0), .neverAsked where grace == .seconds(0): "it was turned off"
        case .turnedOff: "it did not power off within \(grace) and was turned off"
        case .neverAsked:
            "its monitor did not answer, so it could not be asked to power off; it was turned off after \(grace)"
        case .noMonitor: "its monitor's sockets are gone, so it could not be asked to power off; it was turned off"
        case .halted(let state): "it was \(state) and could not power off; it was turned off"
        }
    }
}
