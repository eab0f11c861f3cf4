/// What the manifests ask for, read and checked: every reference resolves, every value is in range.
/// Objects are sorted by name. Nothing here depends on what the hosts are like.
public struct DesiredFleet: Equatable, Sendable {
    public var name: Name
    /// At least one; where the manifests declare none, the local host under the name `local`.
    public var hosts: [DesiredHost]
    public var networks: [DesiredNetwork]
    public var images: [DesiredImage]
    public var guests: [DesiredGuest]
    /// The guests' sets; the guests themselves are among `guests`.
    public var sets: [DesiredGuestSet]
    public var policy: FleetPolicy

    public init(
        name: Name, hosts: [DesiredHost], networks: [DesiredNetwork], images: [DesiredImage], guests: [DesiredGuest],
        sets: [DesiredGuestSet] = [], policy: FleetPolicy = FleetPolicy()
    ) {
        self.name = name
        self.hosts = hosts
        self.networks = networks
        self.images = images
        self.guests = guests
        self.sets = sets
        self.policy = policy
    }
}
