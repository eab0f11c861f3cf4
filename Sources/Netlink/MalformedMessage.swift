/// Bytes that do not have the form that `netlink(7)` and `rtnetlink(7)` promise.
struct MalformedMessage: Error, Equatable {
    /// What was being read and what was wrong with it, as a phrase without a full stop.
    let explanation: String

    init(_ explanation: String) {
        self.explanation = explanation
    }
}
