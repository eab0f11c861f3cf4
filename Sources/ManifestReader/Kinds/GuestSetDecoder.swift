import FleetModel

/// Reads documents of kind `GuestSet`, in two passes: the names of its guests are known before any guest is read.
struct GuestSetDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    private static let replicas = ValueType.integer("a guest set", in: 0...YAMLLimits.replicas)

    // MARK: Names

    /// Takes the names of the set's guests.
    func declareGuests(_ header: DocumentHeader, into declarations: inout Declarations) {
        guard let spec = header.spec else {
            values.report(
                .missingField, at: header.root, "a guest set needs the field \"spec\"",
                help: "add “spec: {replicas: 2, template: {spec: {…}}}”")
            return
        }
        guard let fields = MappingReader<GuestSetField>(spec, values) else { return }
        let replicas = fields.required(.replicas, as: Self.replicas)
        guard let name = header.name, let replicas else {
            declarations.sets.append(DeclaredSet(header: header, fields: fields, guests: nil))
            return
        }
        let guests = guestNames(name, replicas, header, fields, &declarations)
        declarations.sets.append(DeclaredSet(header: header, fields: fields, guests: guests))
    }

    /// Nil where they cannot be, which is reported.
    private func guestNames(
        _ set: Name, _ replicas: Int, _ header: DocumentHeader, _ fields: MappingReader<GuestSetField>,
        _ declarations: inout Declarations
    ) -> [Name]? {
        declarations.replicas += replicas
        guard declarations.replicas <= YAMLLimits.replicas else {
            values.report(
                .tooManyGuests, at: fields.node(.replicas) ?? header.nameNode,
                "all guest sets together have more than \(YAMLLimits.replicas) guests", help: "split the fleet")
            return nil
        }
        var names: [Name] = []
        names.reserveCapacity(replicas)
        for index in 0..<replicas {
            guard let name = Name(parsing: "\(set)-\(index)") else {
                values.report(
                    .invalidName, at: header.nameNode, "\"\(set)-\(index)\" would be too long for a guest's name",
                    help: "give the set a shorter name: \(Name.maximumLength) characters, “-” and number included")
                return nil
            }
            if let first = declarations.guestNames.declare(name, at: header.nameNode) {
                values.report(
                    .duplicateObject, at: header.nameNode,
                    "the set's guest \"\(name)\" is declared already, at \(values.tree.range(first))",
                    help: "give the set or the guest another name")
                return nil
            }
            names.append(name)
            // A former set that is declared itself is reported as such.
            guard let former = header.formerly, declarations.setNames[former.name] == nil,
                let formerly = Name(parsing: "\(former.name)-\(index)")
            else { continue }
            declarations.formerNames.append(.init(kind: .guest, formerly: formerly, name: name, node: former.node))
        }
        return names
    }

    // MARK: Guests

    func read(_ set: DeclaredSet, _ decoder: GuestDecoder, into declarations: inout Declarations) {
        let template = template(set)
        let rollout = rollout(set)
        guard let template else { return }
        values.guestIndex = 0
        defer { values.guestIndex = nil }
        guard let names = set.guests, !names.isEmpty else {
            // No guest is made of the template; what is wrong with it is said all the same.
            var scratch = declarations
            (scratch.macs, scratch.addresses) = ([:], [:])
            _ = decoder.guest(template.spec, nameNode: set.header.nameNode, &scratch)
            declarations.usedProfiles = scratch.usedProfiles
            if let rollout, set.guests != nil { declarations.guestSets.append(rollout) }
            return
        }
        let guests = guests(names, template, set, decoder, &declarations)
        for guest in guests {
            declarations.guestNames.setObject(declarations.guests.count, of: guest.name)
            declarations.guests.append(guest)
        }
        if let rollout { declarations.guestSets.append(rollout) }
    }

    private struct Template {
        var labels: [String: String] = [:]
        var labelsNode: NodeIndex?
        var spec: NodeIndex?
        /// Of its spec, aliases counted with what they stand for.
        var size = 0
    }

    private func template(_ set: DeclaredSet) -> Template? {
        guard set.fields.requiredNode(.template) != nil,
            let fields = set.fields.mapping(.template, GuestTemplateField.self)
        else { return nil }
        var template = Template(spec: fields.node(.spec))
        template.size = template.spec.map { values.tree.expandedSize($0) } ?? 0
        if let metadata = fields.mapping(.metadata, TemplateMetadataField.self), let node = metadata.node(.labels) {
            template.labels = values.labels(node)
            template.labelsNode = node
        }
        return template
    }

    private func rollout(_ set: DeclaredSet) -> DesiredGuestSet? {
        guard let name = set.header.name else { return nil }
        var result = DesiredGuestSet(name: name, origin: values.tree.range(set.header.root))
        guard let fields = set.fields.mapping(.rollout, RolloutField.self) else { return result }
        let unavailable = ValueType.integer("guests that may be down at once", in: 1...YAMLLimits.replicas)
        result.maxUnavailable = fields.value(.maxUnavailable, as: unavailable, default: 1) ?? 1
        result.pausesAfterFailure = fields.value(.pauseAfterFailure, as: .boolean, default: true) ?? true
        return result
    }

    /// Reads the template as often as its guests differ: once where only their names do.
    private func guests(
        _ names: [Name], _ template: Template, _ set: DeclaredSet, _ decoder: GuestDecoder,
        _ declarations: inout Declarations
    ) -> [DesiredGuest] {
        values.hasSubstitutedIndex = false
        guard var first = read(template, set, decoder, recordsOrigins: true, &declarations) else {
            // Read twice, what is the same for all guests is seen, whatever else is wrong with them.
            if names.count > 1, !values.hasSubstitutedIndex {
                values.guestIndex = 1
                _ = read(template, set, decoder, recordsOrigins: false, &declarations)
            }
            return []
        }
        first.origin = values.tree.range(set.header.root)
        first.labels = template.labels
        first.set = set.header.name
        let differ = values.hasSubstitutedIndex
        // Read twice, fixed addresses of all guests are seen to be the same.
        let hasFixedAddress = first.nics.contains { $0.mac != nil || $0.ipv4 != nil }
        var guests: [DesiredGuest] = []
        guests.reserveCapacity(names.count)
        for (index, name) in names.enumerated() {
            var guest = first
            if index > 0, differ || (hasFixedAddress && index == 1) {
                values.guestIndex = index
                let partsDiffer = guests.count > 1 && Self.parts(guests[1]) != Self.parts(first)
                guard
                    var own = read(template, set, decoder, recordsOrigins: partsDiffer || index == 1, &declarations)
                else { return [] }
                if Self.parts(own) == Self.parts(first) { own.origins = first.origins }
                (own.origin, own.labels, own.set) = (first.origin, first.labels, first.set)
                guest = own
            }
            guest.name = name
            guest.formerly = set.header.formerly.flatMap { Name(parsing: "\($0.name)-\(index)") }
            guests.append(guest)
        }
        return guests
    }

    /// The names within a guest that its origins' paths have.
    private static func parts(_ guest: DesiredGuest) -> [Name] { guest.disks.map(\.name) + guest.nics.map(\.name) }

    private func read(
        _ template: Template, _ set: DeclaredSet, _ decoder: GuestDecoder, recordsOrigins: Bool,
        _ declarations: inout Declarations
    ) -> DesiredGuest? {
        guard declarations.takeNodes(template.size) else {
            values.report(
                .tooManyNodes, at: set.header.nameNode, "the set's template is too large for its guests",
                help: "make it smaller, or the set")
            return nil
        }
        if recordsOrigins {
            values.origins = OriginList()
            values.addOrigin("name", at: set.header.nameNode)
            if let node = template.labelsNode { values.addOrigin("labels", at: node) }
        }
        var guest = decoder.guest(template.spec, nameNode: set.header.nameNode, &declarations)
        if recordsOrigins { guest?.origins = values.origins?.entries ?? [] }
        values.origins = nil
        return guest
    }
}

/// A set whose guests' names are taken.
struct DeclaredSet {
    let header: DocumentHeader
    let fields: MappingReader<GuestSetField>
    /// The names of its guests, in order; nil where they cannot be, which was reported.
    let guests: [Name]?
}
