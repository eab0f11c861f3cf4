import FleetModel

/// Reads documents of kind `Fleet`.
struct FleetDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    func read(_ header: DocumentHeader, into declarations: inout Declarations) {
        if let first = declarations.fleetNode {
            values.report(
                .severalFleets, at: header.nameNode, "there is a fleet already, at \(values.tree.range(first))",
                help: "keep one Fleet document, or plan the two fleets one by one")
        } else {
            declarations.fleetNode = header.nameNode
            declarations.fleetName = header.name
        }
        guard let spec = header.spec, let fields = MappingReader<FleetField>(spec, values) else { return }
        if let defaults = fields.node(.defaults), declarations.guestDefaults == nil {
            declarations.guestDefaults = defaults
        }
        if let policy = fields.mapping(.policy, FleetPolicyField.self) {
            declarations.policy.maxImpact =
                policy.optional(.maxImpact, as: .choice()) ?? declarations.policy.maxImpact
            declarations.policy.maxUnavailable = policy.optional(.maxUnavailable, as: Self.unavailable)
        }
    }

    private static let unavailable = ValueType.integer("guests that may be down at once", in: 1...YAMLLimits.replicas)
}
