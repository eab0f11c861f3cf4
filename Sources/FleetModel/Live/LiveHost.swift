/// What one host was observed to be and to hold. Objects are sorted by name.
public struct LiveHost: Codable, Hashable, Sendable {
    public var facts: HostFacts
    /// Every guest of this instance, those of other fleets included.
    public var guests: [LiveGuest]
    public var networks: [LiveNetwork]
    public var images: [ImageDefinition]
    /// What is kept of guests that were destroyed, those of all fleets.
    public var retained: [RetainedGuest]
    /// The files in the cache, whole ones only.
    public var cache: [CachedFile]
    /// QEMU processes that are not this instance's.
    public var strangers: [StrangerProcess]
    public var leftovers: [Leftover]

    public init(
        facts: HostFacts, guests: [LiveGuest] = [], networks: [LiveNetwork] = [], images: [ImageDefinition] = [],
        retained: [RetainedGuest] = [], cache: [CachedFile] = [], strangers: [StrangerProcess] = [],
        leftovers: [Leftover] = []
    ) {
        self.facts = facts
        self.guests = guests
        self.networks = networks
        self.images = images
        self.retained = retained
        self.cache = cache
        self.strangers = strangers
        self.leftovers = leftovers
    }
}

/// The outcome of observing a host. What could not be observed is not absent, and nothing is planned from it.
public enum HostObservation: Sendable {
    case observed(LiveHost)
    case unreachable(Diagnostic)
}

extension [Name: HostObservation] {
    /// The hosts that could not be observed, and why.
    public var unreachable: [Name: Diagnostic] {
        compactMapValues { if case .unreachable(let diagnostic) = $0 { diagnostic } else { nil } }
    }
}
