import FleetModel

/// What a command asks of a plan beyond what the manifests say.
public struct PlanOptions: Equatable, Sendable {
    /// A plan that does more than this to any guest is refused.
    public var maxImpact: Impact?
    /// Only these objects, and what they need; empty: all.
    public var targets: Set<ResourceAddress>
    /// All but these objects, and what needs them.
    public var excludes: Set<ResourceAddress>
    /// Guests that are made anew though nothing about them has changed.
    public var replacements: Set<ResourceAddress>
    /// What is kept of guests that were destroyed, or are to be, goes too.
    public var deletesKept = false
    /// Whether an address that nothing has is an error. Once a plan was applied it is none: what was targeted may be
    /// gone.
    public var checksAddresses = true

    public init(
        maxImpact: Impact? = nil, targets: Set<ResourceAddress> = [], excludes: Set<ResourceAddress> = [],
        replacements: Set<ResourceAddress> = []
    ) {
        self.maxImpact = maxImpact
        self.targets = targets
        self.excludes = excludes
        self.replacements = replacements
    }

    public var isPartial: Bool { !targets.isEmpty || !excludes.isEmpty }

    /// Guests are made anew, and nothing else is dealt with: as who asked for it knows.
    var isReset: Bool { !targets.isEmpty && targets == replacements }

    /// What is asked of the plan that proves an apply: the same part of the fleet, and nothing made anew again.
    public var afterApply: PlanOptions {
        var options = self
        options.replacements = []
        options.checksAddresses = false
        return options
    }
}
