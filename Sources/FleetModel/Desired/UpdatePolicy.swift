/// How a guest may be changed.
public struct UpdatePolicy: Hashable, Sendable {
    public enum Order: String, Sendable, CaseIterable {
        /// What goes makes room for what comes.
        case destroyFirst
        /// What comes is ready before what goes is stopped, wherever the host has the memory for both.
        case createFirst
    }

    /// A plan that does more to the guest than this is refused.
    public var maxImpact: Impact
    public var order: Order

    public init(maxImpact: Impact = .destroy, order: Order = .destroyFirst) {
        self.maxImpact = maxImpact
        self.order = order
    }
}

/// What holds for every guest of a fleet. Where several limits apply, the strictest wins.
public struct FleetPolicy: Hashable, Sendable {
    /// A plan that does more than this to any guest is refused.
    public var maxImpact: Impact
    /// How many of the fleet's running guests a plan may have down at once; nil: as many as it takes.
    public var maxUnavailable: Int?

    public init(maxImpact: Impact = .destroy, maxUnavailable: Int? = nil) {
        self.maxImpact = maxImpact
        self.maxUnavailable = maxUnavailable
    }
}

/// Guests made from one template: `web-0`, `web-1`, ….
public struct DesiredGuestSet: Hashable, Sendable {
    public var name: Name
    /// How many of its running guests a plan may have down at once; at least 1.
    public var maxUnavailable: Int
    /// True: after a step of one of its guests has failed, none of its other guests is stopped any more.
    public var pausesAfterFailure: Bool
    public var origin: SourceRange?

    public init(name: Name, maxUnavailable: Int = 1, pausesAfterFailure: Bool = true, origin: SourceRange? = nil) {
        self.name = name
        self.maxUnavailable = maxUnavailable
        self.pausesAfterFailure = pausesAfterFailure
        self.origin = origin
    }
}

/// Where a field's value was written.
public struct FieldOrigin: Hashable, Sendable {
    /// Such as `memory`, `disks.root.size`, `nics.eth0`.
    public var path: String
    public var range: SourceRange

    public init(path: String, range: SourceRange) {
        self.path = path
        self.range = range
    }
}
