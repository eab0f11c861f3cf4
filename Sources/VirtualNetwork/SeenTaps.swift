import FleetModel

/// Guests' interfaces on the host, by their names.
public struct SeenTaps: Sendable {
    /// Of those that have one.
    public var limits: [String: TapLimit]
    /// The networks that they were connected to last. One that is not a port of that network's bridge any more is a
    /// defect of the network.
    public var networks: [String: ObjectID]

    public init(limits: [String: TapLimit] = [:], networks: [String: ObjectID] = [:]) {
        self.limits = limits
        self.networks = networks
    }
}
