/// What makes a network what it is.
public struct NetworkSpec: Codable, Hashable, Sendable {
    public enum Mode: String, Codable, Sendable, CaseIterable {
        /// Guests reach what the host reaches, behind the host's address.
        case nat
        /// Guests reach one another and the host alone.
        case isolated
    }

    public var mode: Mode
    public var subnet: IPv4Subnet
    /// The host's own address in the network.
    public var gateway: IPv4Address
    /// Where the addresses of guests that name none are drawn from.
    public var range: IPv4Range
    /// How long an address is lent before the guest has to ask again.
    public var lease: Timespan
    /// Guests resolve one another as `<name>` and `<name>.<domain>`; nil: without a domain.
    public var domain: String?
    /// Where other names are resolved; empty: as the host does it. Not used by isolated networks.
    public var upstream: [IPv4Address]
    /// The largest packet in bytes, its Ethernet header not counted. A running guest's interfaces keep theirs until
    /// its restart.
    public var mtu: Int
    public var filter: NetworkFilter

    public static let defaultMTU = 1500

    public init(
        mode: Mode, subnet: IPv4Subnet, gateway: IPv4Address, range: IPv4Range, lease: Timespan = .seconds(3600),
        domain: String? = nil, upstream: [IPv4Address] = [], mtu: Int = defaultMTU,
        filter: NetworkFilter = NetworkFilter()
    ) {
        self.mode = mode
        self.subnet = subnet
        self.gateway = gateway
        self.range = range
        self.lease = lease
        self.domain = domain
        self.upstream = upstream
        self.mtu = mtu
        self.filter = filter
    }
}

/// What a network lets through.
public struct NetworkFilter: Codable, Hashable, Sendable {
    public enum Verdict: String, Codable, Sendable, CaseIterable { case allow, deny }

    /// Packets of a guest whose MAC or IP address is not its own.
    public var spoofing: Verdict
    /// Packets from one guest to another.
    public var betweenGuests: Verdict

    public init(spoofing: Verdict = .deny, betweenGuests: Verdict = .allow) {
        self.spoofing = spoofing
        self.betweenGuests = betweenGuests
    }
}

/// `network.json`: a network as it is to be on one host.
public struct NetworkDefinition: Codable, Hashable, Sendable {
    public static let currentSchema = 2

    public var schema: Int
    public var id: ObjectID
    public var owner: Owner
    public var name: Name
    public var generation: Int
    public var spec: NetworkSpec

    public init(id: ObjectID, owner: Owner, name: Name, generation: Int = 1, spec: NetworkSpec) {
        schema = Self.currentSchema
        self.id = id
        self.owner = owner
        self.name = name
        self.generation = generation
        self.spec = spec
    }

    public var mark: String { owner.mark(.network, name) }
    public var bridge: String { InterfaceName.bridge(owner.instance, network: id) }
}
