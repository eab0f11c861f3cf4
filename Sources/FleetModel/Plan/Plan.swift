/// What an apply will do: all of it, and nothing else.
public struct Plan: Codable, Hashable, Sendable {
    public var fleet: Name
    /// Sorted by kind, name and host.
    public var changes: [Change]
    /// In an order that respects their needs.
    public var steps: [Step]
    /// One entry for each host that was observed.
    public var capacity: [HostCapacity]
    /// By host; on each the largest first.
    public var strangers: [Stranger]
    /// What the host re-checks each start against.
    public var policies: [Name: HostPolicy]
    /// Why the plan must not be applied: capacity, an overlap with the host's networks. Empty: it may be.
    public var refusals: [Diagnostic]
    public var warnings: [Diagnostic]
    /// Remarks that are neither, such as which accelerator was chosen and why.
    public var notes: [String]
    /// Hosts that could not be observed, and about which nothing is planned.
    public var unreachable: [Name: Diagnostic]

    public init(
        fleet: Name, changes: [Change] = [], steps: [Step] = [], capacity: [HostCapacity] = [],
        strangers: [Stranger] = [], policies: [Name: HostPolicy] = [:], refusals: [Diagnostic] = [],
        warnings: [Diagnostic] = [], notes: [String] = [], unreachable: [Name: Diagnostic] = [:]
    ) {
        self.fleet = fleet
        self.changes = changes
        self.steps = steps
        self.capacity = capacity
        self.strangers = strangers
        self.policies = policies
        self.refusals = refusals
        self.warnings = warnings
        self.notes = notes
        self.unreachable = unreachable
    }

    public var isEmpty: Bool { changes.isEmpty }

    /// What the summary line counts. A replacement counts as added and as destroyed.
    public var counts: (added: Int, changed: Int, destroyed: Int) {
        changes.reduce(into: (added: 0, changed: 0, destroyed: 0)) { counts, change in
            switch change.action {
            case .create: counts.added += 1
            case .update: counts.changed += 1
            case .destroy: counts.destroyed += 1
            case .replace:
                counts.added += 1
                counts.destroyed += 1
            }
        }
    }
}
