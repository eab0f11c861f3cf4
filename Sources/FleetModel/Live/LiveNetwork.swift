/// A network as it was found on its host.
public struct LiveNetwork: Codable, Hashable, Sendable {
    /// A part of a network that is not as the definition has it.
    public enum Defect: String, Codable, Sendable, CaseIterable {
        case bridgeMissing, bridgeDown, addressMissing, guestDetached, rulesMissing, dhcpNotRunning, dhcpOutdated,
            forwardingOff, mtuWrong, guestDown, reservationsChanged, leasesChanged

        /// For plans: what is wrong.
        public var text: String {
            switch self {
            case .bridgeMissing: "its bridge is missing"
            case .bridgeDown: "its bridge is down"
            case .addressMissing: "its bridge lacks the gateway's address"
            case .guestDetached: "a guest's interface is not attached to its bridge"
            case .guestDown: "a guest's interface is switched off"
            case .rulesMissing: "its nftables rules are missing or changed"
            case .dhcpNotRunning: "its DHCP and DNS server does not run"
            case .dhcpOutdated: "its DHCP and DNS server runs with older settings"
            case .reservationsChanged: "a reservation or a name of its guests is missing or changed"
            case .leasesChanged: "its DHCP server has a lease that fits no reservation"
            case .forwardingOff: "the host does not forward its packets"
            case .mtuWrong: "its bridge has another MTU"
            }
        }
    }

    public var definition: NetworkDefinition
    public var defects: [Defect]

    public init(definition: NetworkDefinition, defects: [Defect] = []) {
        self.definition = definition
        self.defects = defects
    }
}
