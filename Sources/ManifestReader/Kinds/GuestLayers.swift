import FleetModel

/// Puts a guest's own fields upon those of its profiles, the last one on top, and these upon the fleet's defaults.
struct GuestLayers {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// - Parameter spec: the guest's own fields; nil: it has none.
    /// - Returns: nil where there are no fields at all, or something is no mapping, which is reported.
    func fields(_ spec: NodeIndex?, _ declarations: inout Declarations) -> MappingReader<GuestField>? {
        let defaults = declarations.guestDefaults.map { [$0] } ?? []
        guard let fields = MappingReader<GuestField>(spec, under: defaults, values) else { return nil }
        guard fields.node(.profiles) != nil else { return fields }
        let profiles = profiles(fields, &declarations)
        guard !profiles.isEmpty else { return fields }
        return MappingReader<GuestField>(spec, under: profiles.reversed() + defaults, values)
    }

    /// The specs of the profiles that a guest names, in its order. Those that are missing or too much are reported and
    /// left out.
    private func profiles(
        _ fields: MappingReader<GuestField>, _ declarations: inout Declarations
    ) -> [NodeIndex] {
        var names: [Name] = []
        var specs: [NodeIndex] = []
        for node in fields.elements(.profiles) ?? YAMLElements.none(values.tree) {
            guard let name = profileName(node) else { continue }
            guard let profile = declarations.profiles[name] else {
                reportMissing(name, at: node, declarations)
                continue
            }
            if names.contains(name) {
                values.report(
                    .duplicateName, at: node, "the guest has the profile \"\(name)\" already",
                    help: "name it once, where it is to lie")
                continue
            }
            names.append(name)
            declarations.usedProfiles.insert(name)
            guard let spec = profile.spec else { continue }
            guard declarations.takeNodes(profile.size) else {
                values.report(
                    .tooManyNodes, at: node, "all guests together have too much from profiles",
                    help: "split the fleet, or make the profiles smaller")
                return []
            }
            specs.append(spec)
        }
        return specs
    }

    /// Which profiles a guest has does not depend on its number.
    private func profileName(_ node: NodeIndex) -> Name? {
        let index = values.guestIndex
        values.guestIndex = nil
        defer { values.guestIndex = index }
        return ValueType.name.read(values, node)
    }

    private func reportMissing(_ name: Name, at node: NodeIndex, _ declarations: Declarations) {
        guard declarations.profileNames[name] == nil, declarations.isComplete else { return }
        values.report(
            .danglingReference, at: node, "there is no profile \"\(name)\"",
            help: declarations.profileNames.suggestion(for: name).map { "did you mean \"\($0)\"?" }
                ?? "declare a Profile of this name")
    }
}
