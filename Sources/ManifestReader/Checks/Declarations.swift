import FleetModel

/// Everything that the documents declare. What could not be read is left out of the lists, but its name is known.
struct Declarations {
    var fleetName: Name?
    var hosts: [DesiredHost] = []
    var networks: [DesiredNetwork] = []
    var images: [DesiredImage] = []
    var guests: [DesiredGuest] = []
    var guestSets: [DesiredGuestSet] = []
    var policy = FleetPolicy()
    var profiles: [Name: Profile] = [:]
    /// Sets whose guests' names are taken.
    var sets: [DeclaredSet] = []

    var hostNames = NameTable()
    var networkNames = NameTable()
    var imageNames = NameTable()
    var guestNames = NameTable()
    var setNames = NameTable()
    var profileNames = NameTable()

    /// The first fleet's name.
    var fleetNode: NodeIndex?
    /// The guest fields of the fleet.
    var guestDefaults: NodeIndex?
    /// The names of hosts that are the machine that the command runs on.
    var localHosts: [NodeIndex] = []
    var formerNames: [FormerName] = []
    var miscased: [(kind: DocumentKind, name: Name, node: NodeIndex)] = []
    var subnets: [(subnet: IPv4Subnet, network: Name, node: NodeIndex)] = []
    /// What is known of each network whose subnet could be read, whatever is wrong with the rest of it.
    var addressSpaces: [Name: AddressSpace] = [:]
    var usedNetworks: Set<Name> = []
    var usedProfiles: Set<Name> = []
    /// Guests of all sets.
    var replicas = 0
    /// What guests were given from profiles and templates, each time counted.
    private var nodesTaken = 0
    var macs: [MACAddress: NodeIndex] = [:]
    var addresses: [NetworkAddress: NodeIndex] = [:]
    /// False where there may be objects whose names are not known.
    var isComplete: Bool

    struct FormerName {
        let kind: DocumentKind
        let formerly: Name
        let name: Name
        let node: NodeIndex
    }

    struct Profile {
        /// Its guest fields; nil: it has none.
        let spec: NodeIndex?
        /// Their nodes, aliases counted with what they stand for.
        let size: Int
    }

    /// Where the addresses of a network's guests lie.
    struct AddressSpace {
        let subnet: IPv4Subnet
        /// Nil: not known.
        let gateway: IPv4Address?
    }

    struct NetworkAddress: Hashable {
        let network: Name
        let address: IPv4Address
    }

    /// Reads all documents, those that others refer to first.
    init(decoding tree: YAMLTree, environment: [String: String], problems: Problems) {
        let values = ValueReader(tree, environment: environment, problems: problems)
        isComplete = tree.isComplete
        var headers: [DocumentHeader] = []
        headers.reserveCapacity(tree.documents.count)
        for document in tree.documents {
            let root = tree.resolved(document.root)
            if let header = DocumentHeader(root, values) {
                headers.append(header)
            } else if !values.isNull(root) {
                isComplete = false
            }
        }
        for header in headers { declareName(header, values) }
        for header in headers where header.kind == .guestSet {
            GuestSetDecoder(values).declareGuests(header, into: &self)
        }

        let files = LocalFileReader(values)
        let guests = GuestDecoder(values, files)
        for header in headers where header.kind == .fleet {
            FleetDecoder(values).read(header, into: &self)
        }
        checkDefaults(guests: headers.count { $0.kind == .guest || $0.kind == .guestSet }, values)
        readSharedFields(headers, guests, values)
        for header in headers {
            switch header.kind {
            case .host: HostDecoder(values).read(header, into: &self)
            case .network: NetworkDecoder(values).read(header, into: &self)
            case .image: ImageDecoder(values, files).read(header, into: &self)
            case .fleet, .guest, .guestSet, .profile: break
            }
        }
        self.guests.reserveCapacity(headers.count)
        for header in headers where header.kind == .guest { guests.read(header, into: &self) }
        for set in sets { GuestSetDecoder(values).read(set, guests, into: &self) }
    }

    /// Reads what guests get from elsewhere: the fleet's defaults, and profiles.
    private mutating func readSharedFields(
        _ headers: [DocumentHeader], _ guests: GuestDecoder, _ values: ValueReader
    ) {
        var scratch = self
        scratch.isComplete = false
        if let guestDefaults { guests.check(guestDefaults, of: "a fleet's defaults", &scratch) }
        for header in headers where header.kind == .profile {
            ProfileDecoder(values, guests).read(header, into: &self, &scratch)
        }
    }

    /// Counts what one guest is given.
    ///
    /// - Returns: false where all guests together would be given too much.
    mutating func takeNodes(_ count: Int) -> Bool {
        nodesTaken += count
        return nodesTaken <= YAMLLimits.defaultedNodes
    }

    /// Leaves the defaults out where all guests together would take too much of them.
    private mutating func checkDefaults(guests: Int, _ values: ValueReader) {
        guard let node = guestDefaults, guests > 0 else { return }
        guard values.tree.expandedSize(node) > YAMLLimits.defaultedNodes / guests else { return }
        values.report(
            .tooManyNodes, at: node, "the defaults are too large for \(guests) guests",
            help: "split the fleet, or give the guests these values themselves")
        guestDefaults = nil
    }

    private mutating func declareName(_ header: DocumentHeader, _ values: ValueReader) {
        if let lowercased = header.lowercasedName { miscased.append((header.kind, lowercased, header.nameNode)) }
        guard let name = header.name else {
            isComplete = false
            return
        }
        if let former = header.formerly {
            formerNames.append(FormerName(kind: header.kind, formerly: former.name, name: name, node: former.node))
        }
        let first: NodeIndex? =
            switch header.kind {
            case .fleet: nil
            case .host: hostNames.declare(name, at: header.nameNode)
            case .network: networkNames.declare(name, at: header.nameNode)
            case .image: imageNames.declare(name, at: header.nameNode)
            case .guest: guestNames.declare(name, at: header.nameNode)
            case .guestSet: setNames.declare(name, at: header.nameNode)
            case .profile: profileNames.declare(name, at: header.nameNode)
            }
        guard let first else { return }
        values.report(
            .duplicateObject, at: header.nameNode,
            "the \(header.kind.noun) \"\(name)\" is declared already, at \(values.tree.range(first))",
            help: "give one of the two another name")
    }

    /// The fleet, where one is named: objects sorted by name.
    var fleet: DesiredFleet? {
        guard let fleetName else { return nil }
        return DesiredFleet(
            name: fleetName, hosts: hosts.isEmpty ? [.local] : hosts.sorted { $0.name < $1.name },
            networks: networks.sorted { $0.name < $1.name }, images: images.sorted { $0.name < $1.name },
            guests: sortedGuests, sets: guestSets.sorted { $0.name < $1.name }, policy: policy)
    }

    /// Guests are many and large: their names are sorted, and each guest is moved once.
    private var sortedGuests: [DesiredGuest] {
        let order = guests.indices.sorted { guests[$0].name < guests[$1].name }
        return order.map { guests[$0] }
    }
}
