import FleetModel

/// One row of the table of impacts: a way in which a field can change, and what that does.
public struct FieldEffect: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// What this does to a guest that runs.
        case impact(Impact)
        /// No guest that runs notices.
        case nothing
        /// A plan with it is refused.
        case refused
    }

    /// Names the row for good, such as `guest.memory.more`.
    public internal(set) var id: String
    /// Which changes these are, such as `more, up to maxMemory`.
    public let change: String
    public let outcome: Outcome
    /// True: it takes where the guest's system lets it happen; otherwise the plan after it says what is missing.
    public let needsGuest: Bool
    /// True: it is recorded now and takes effect at the guest's next restart, which nothing forces.
    public let isDeferred: Bool
    /// True: the guest goes down for it, where it runs.
    public let interrupts: Bool

    init(
        _ id: String, _ change: String, _ outcome: Outcome, needsGuest: Bool = false, isDeferred: Bool = false,
        interrupts: Bool? = nil
    ) {
        self.id = id
        self.change = change
        self.outcome = outcome
        self.needsGuest = needsGuest
        self.isDeferred = isDeferred
        if case .impact(let impact) = outcome {
            self.interrupts = interrupts ?? (impact >= .restart)
        } else {
            self.interrupts = false
        }
    }

    /// What it does to a guest that runs; the least where that is nothing.
    var impact: Impact { if case .impact(let impact) = outcome { impact } else { .live } }
}

/// A field of a kind and all that changing it can do.
public struct FieldEffects: Hashable, Sendable {
    /// As manifests write it, such as `Guest`.
    public let kind: String
    /// Such as `memory`, `disks.NAME.size`.
    public let path: String
    public let effects: [FieldEffect]

    init(_ kind: String, _ path: String, _ effects: [FieldEffect]) {
        self.kind = kind
        self.path = path
        let prefix = "\(kind.lowercased()).\(path.replacing(".NAME", with: ""))."
        self.effects = effects.map { effect in
            var effect = effect
            effect.id = prefix + effect.id
            return effect
        }
    }
}
