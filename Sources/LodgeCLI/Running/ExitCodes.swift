import ArgumentParser

extension ExitCode {
    static let failed = ExitCode(1)
    /// `plan --detailed-exitcode`: there are changes.
    static let changes = ExitCode(2)
    /// Capacity, a conflict with the host's networks, a host that is not any more what the plan was made for.
    static let refused = ExitCode(3)
    /// What could be observed was done; some hosts could not be reached.
    static let partial = ExitCode(4)
    static let interrupted = ExitCode(130)
}
