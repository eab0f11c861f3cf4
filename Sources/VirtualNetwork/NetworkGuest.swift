import FleetModel

/// A guest as the servers of its networks know it: its NICs and its names.
public struct NetworkGuest: Sendable {
    public var id: ObjectID
    public var name: Name
    /// What it calls itself.
    public var hostname: String
    public var nics: [NICSpec]

    /// - Parameter process: it keeps its addresses until it ends.
    public init(_ definition: GuestDefinition, alsoOf process: RunningGuest? = nil) {
        id = definition.id
        name = definition.name
        hostname = definition.spec.cloudInit?.hostname ?? definition.name.text
        nics = definition.spec.nics
        for nic in process?.spec.nics ?? [] {
            let isWanted = definition.spec.nics.contains { ($0.name, $0.networkID) == (nic.name, nic.networkID) }
            if !isWanted { nics.append(nic) }
        }
    }
}
