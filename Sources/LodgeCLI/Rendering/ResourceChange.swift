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
    /// A process ends that runs: of a guest that is restarted, stopped or destroyed.
    let stops: Bool
    let isDrift: Bool
    let causes: [String]
    let previousAddress: OrNull<ResourceAddress>
    let change: Detail

    /// - Parameter stops: The plan ends the guest's process.
    init(_ change: Change, stops: Bool) {
        address = change.address
        self.stops = stops
        type = "lodge_\(change.address.kind.rawValue)"
        name = change.address.name
        host = change.host
        // Terraform's words; its "tainted" is an object that is there and broken.
        let reason: String? =
            switch change.action {
            case .replace where change.isRequested: "replace_by_request"
            case .replace where change.fields.contains { $0.impact == .replace }: "replace_because_cannot_update"
            case .replace: "replace_because_tainted"
            case .destroy: "delete_because_no_resource_config"
            case .create, .update: nil
            }
        actionReason = OrNull(reason)
        impact = OrNull(change.impact)
        isDrift = change.isDrift
        causes = change.causes
        previousAddress = OrNull(change.renamedFrom.map { ResourceAddress(change.address.kind, $0) })
        self.change = Detail(change)
    }

    struct Detail: Encodable {
        let actions: [String]
        let before: OrNull<JSONValue>
        let after: OrNull<JSONValue>
        /// Everything is known before the apply.
        let afterUnknown: [String: Bool] = [:]
        let beforeSensitive: JSONValue
        let afterSensitive: JSONValue
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
            let secrets = change.secretPaths
            (before, beforeSensitive) = Self.redacted(change.before, secrets)
            (after, afterSensitive) = Self.redacted(change.after, secrets)
            replacePaths = change.fields.filter { $0.impact == .replace }
                .map { $0.path.split(separator: ".").map(String.init) }
            fields = change.fields.map { Field($0, isSensitive: secrets.hides($0.path)) }
        }

        private static func redacted(
            _ object: Change.Object?, _ secrets: SecretPaths
        ) -> (OrNull<JSONValue>, JSONValue) {
            guard let object else { return (OrNull(nil), .object([:])) }
            let (rest, marks) = secrets.redact(document(of: object))
            return (OrNull(rest), marks)
        }
    }

    struct Field: Encodable {
        let path: String
        let before: OrNull<String>
        let after: OrNull<String>
        let impact: Impact
        let note: OrNull<String>
        let origin: OrNull<SourceRange>
        let sensitive: Bool

        init(_ field: Change.Field, isSensitive: Bool) {
            path = field.path
            before = OrNull(isSensitive ? nil : field.before)
            after = OrNull(isSensitive ? nil : field.after)
            impact = field.impact
            note = OrNull(field.note)
            origin = OrNull(field.origin)
            sensitive = isSensitive
        }
    }
}
