import FleetModel

/// A change in the layout of Terraform's `resource_changes`.
struct ResourceChange: Encodable {
    let address: ResourceAddress
    let mode = "managed"
    let type: String
    let name: Name
    let host: Name
    let actionReason: OrNull<String>
    let impact: OrNull<Impact>
    let causes: [String]
    let previousAddress: OrNull<ResourceAddress>
    let change: Detail

    init(_ change: Change) {
        address = change.address
        type = "lodge_\(change.address.kind.rawValue)"
        name = change.address.name
        host = change.host
        // The words that Terraform has for these two.
        let reason: String? =
            switch change.action {
            case .replace: "replace_because_cannot_update"
            case .destroy: "delete_because_no_resource_config"
            case .create, .update: nil
            }
        actionReason = OrNull(reason)
        impact = OrNull(change.impact)
        causes = change.causes
        previousAddress = OrNull(change.renamedFrom.map { ResourceAddress(change.address.kind, $0) })
        self.change = Detail(change)
    }

    struct Detail: Encodable {
        let actions: [String]
        let before: OrNull<ObjectDocument>
        let after: OrNull<ObjectDocument>
        /// Everything is known before the apply, and nothing sensitive is in a plan.
        let afterUnknown: [String: Bool] = [:]
        let beforeSensitive: [String: Bool] = [:]
        let afterSensitive: [String: Bool] = [:]
        let replacePaths: [[String]]
        let fields: [Field]

        init(_ change: Change) {
            actions =
                switch change.action {
                case .create: ["create"]
                case .update: ["update"]
                case .replace: ["delete", "create"]
                case .destroy: ["delete"]
                }
            before = OrNull(change.before.map { ObjectDocument(object: $0) })
            after = OrNull(change.after.map { ObjectDocument(object: $0) })
            replacePaths = change.fields.filter { $0.impact == .replace }
                .map { $0.path.split(separator: ".").map(String.init) }
            fields = change.fields.map { Field($0) }
        }
    }

    struct Field: Encodable {
        let path: String
        let before: OrNull<String>
        let after: OrNull<String>
        let impact: Impact

        init(_ field: Change.Field) {
            path = field.path
            before = OrNull(field.before)
            after = OrNull(field.after)
            impact = field.impact
        }
    }

    /// The object itself, without a word around it for its kind.
    struct ObjectDocument: Encodable {
        let object: Change.Object

        func encode(to encoder: any Encoder) throws {
            switch object {
            case .guest(let spec): try spec.encode(to: encoder)
            case .network(let spec): try spec.encode(to: encoder)
            case .image(let image): try image.encode(to: encoder)
            case .leftover(let leftover): try leftover.encode(to: encoder)
            }
        }
    }
}
