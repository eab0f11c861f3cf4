import FleetModel

/// Reads a guest's `update`: how it may be changed.
struct GuestUpdateDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// Nil where it is reported.
    func read(_ guest: MappingReader<GuestField>) -> UpdatePolicy? {
        guard guest.node(.update) != nil else { return UpdatePolicy() }
        guard let fields = guest.mapping(.update, GuestUpdateField.self) else { return nil }
        values.addOrigins(of: fields, under: "update")
        let snapshot = fields.value(.snapshotBefore, as: .boolean, default: false)
        if snapshot == true, let node = fields.node(.snapshotBefore) {
            values.report(
                .notSupportedYet, at: node, "snapshots before an update are not supported yet",
                help: "write false, or leave it out")
        }
        let impact = fields.value(.maxImpact, as: .choice(), default: UpdatePolicy().maxImpact)
        let order = fields.value(.order, as: .choice(), default: UpdatePolicy().order)
        guard let impact, let order else { return nil }
        return UpdatePolicy(maxImpact: impact, order: order)
    }
}
