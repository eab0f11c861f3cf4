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
    }
}
