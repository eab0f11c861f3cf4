/// The digest of what a step relies on: the observed, normalised, non-volatile fields of an object. The host
/// compares it with what it observes right before it acts, and refuses where the two differ.
public struct Fingerprint: Codable, Hashable, Sendable {
    public let digest: Digest

    /// No such object.
    public static let absent = Fingerprint(digest: Digest(of: "absent"))

    private init(digest: Digest) { self.digest = digest }

    public init(_ guest: LiveGuest) {
        struct Relevant: Encodable {
            var definition: GuestDefinition
            var state: LiveGuest.State
            var runningGeneration: Int?
            var runningSpec: GuestSpec?
            var missingDisks: [Name]
            var missingState: [KeptState]
            var defects: [GuestDefect]
        }
        digest = Digest(
            of: CanonicalJSON.bytes(
                of: Relevant(
                    definition: guest.definition, state: guest.state, runningGeneration: guest.process?.generation,
                    runningSpec: guest.process?.spec, missingDisks: guest.missingDisks,
                    missingState: guest.missingState,
                    defects: guest.defects)))
    }

    /// Defects are left out: bringing a network up repairs whichever there are.
    public init(_ network: LiveNetwork) {
        digest = Digest(of: CanonicalJSON.bytes(of: network.definition))
    }

    /// What the network is for its guests; its name may change.
    public init(specOf network: LiveNetwork) {
        digest = Digest(of: CanonicalJSON.bytes(of: network.definition.spec))
    }

    public init(_ image: ImageDefinition) {
        digest = Digest(of: CanonicalJSON.bytes(of: image))
    }
}
