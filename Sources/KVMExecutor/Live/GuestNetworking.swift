import FleetModel

/// What changes to a guest's NICs ask of the host's networks, which this module knows nothing about.
public struct GuestNetworking: Sendable {
    public typealias TapAction<Result> = @Sendable (GuestDefinition, NICSpec) throws -> Result

    /// Makes the NIC's tap, limited and connected. The descriptor that holds it is the caller's to close.
    public var openTap: TapAction<CInt>
    /// Connects the NIC's tap to the NIC's network, whichever it is connected to.
    public var moveTap: TapAction<Void>
    /// Gives the NIC's tap the NIC's limit, or none.
    public var limitTap: TapAction<Void>
    /// Removes what is left of a tap that is gone.
    public var forgetTap: @Sendable (GuestDefinition, _ nic: Name) throws -> Void

    public init(
        openTap: @escaping TapAction<CInt>, moveTap: @escaping TapAction<Void>, limitTap: @escaping TapAction<Void>,
        forgetTap: @escaping @Sendable (GuestDefinition, _ nic: Name) throws -> Void
    ) {
        self.openTap = openTap
        self.moveTap = moveTap
        self.limitTap = limitTap
        self.forgetTap = forgetTap
    }
}
