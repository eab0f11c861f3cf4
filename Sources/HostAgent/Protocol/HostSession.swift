import FleetModel

/// A connection with one host: real hosts are behind an agent, simulated ones in this process.
public protocol HostSession: Sendable {
    func observe() async throws(HostError) -> LiveHost

    /// Takes the host's lock, which is held until the session ends.
    ///
    /// - Parameters:
    ///   - holder: who asks, for whoever is refused meanwhile.
    ///   - timeout: how long to wait for the present holder.
    func lock(holder: String, timeout: Timespan) async throws(HostError)

    /// Performs one step, under the lock.
    ///
    /// - Parameters:
    ///   - policy: what the host checks a start against.
    ///   - progress: called with a line for people whenever there is something to say.
    /// - Returns: a remark about how it went, or nil.
    func perform(
        _ step: Step, policy: HostPolicy, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) -> String?
}
