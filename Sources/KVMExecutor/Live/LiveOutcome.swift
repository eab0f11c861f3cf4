import FleetModel

/// What a change to a running guest came to.
struct LiveOutcome {
    /// What the process has now, for the record of it; nil: what it had. Memory that the guest let go of in part is
    /// a change to what is left.
    var taken: LiveChange?
    /// For people: what did not take, and what brings it.
    var remark: String?

    static func took(_ change: LiveChange) -> LiveOutcome { LiveOutcome(taken: change) }
}
