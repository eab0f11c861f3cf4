import FleetModel

/// Checks what several documents say together.
struct FleetChecks {
    private let declarations: Declarations
    private let tree: YAMLTree
    private let problems: Problems

    init(_ declarations: Declarations, tree: YAMLTree, problems: Problems) {
        self.declarations = declarations
        self.tree = tree
        self.problems = problems
    }

    func run(requireFleet: Bool) {
        if requireFleet { checkFleet() }
        checkCase()
        checkFormerNames()
        checkSubnets()
        checkUnusedNetworks()
        checkUnusedProfiles()
    }

    private func checkFleet() {
        guard declarations.fleetNode == nil, declarations.isComplete else { return }
        problems.add(
            .noFleet, nil, "no document of kind Fleet is there, which says whose the objects are",
            help: "add a document: {apiVersion: lodge/v1, kind: Fleet, metadata: {name: …}}")
    }

    private func names(of kind: DocumentKind) -> NameTable? {
        switch kind {
        case .fleet: nil
        case .host: declarations.hostNames
        case .network: declarations.networkNames
        case .image: declarations.imageNames
        case .guest: declarations.guestNames
        case .guestSet: declarations.setNames
        case .profile: declarations.profileNames
        }
    }

    private func checkCase() {
        for miscased in declarations.miscased {
            if let other = names(of: miscased.kind)?[miscased.name] {
                problems.add(
                    .caseCollision, tree.range(miscased.node),
                    "\(quoted(tree.string(miscased.node))) differs only in case from the name at \(tree.range(other.node))",
                    help: "names are lower-case: give one of the two another name")
            } else {
                ValueReader(tree, problems: problems).reportInvalidName(tree.string(miscased.node), at: miscased.node)
            }
        }
    }

    private func checkFormerNames() {
        struct Key: Hashable {
            let kind: DocumentKind
            let name: Name
        }
        var first: [Key: NodeIndex] = [:]
        for former in declarations.formerNames {
            let kind = former.kind.noun
            if former.formerly == former.name {
                problems.add(
                    .renameConflict, tree.range(former.node), "the \(kind) \"\(former.name)\" has this name now",
                    help: "leave \"formerly\" out")
            } else if let other = names(of: former.kind)?[former.formerly] {
                problems.add(
                    .renameConflict, tree.range(former.node),
                    "the \(kind) \"\(former.formerly)\" is declared itself, at \(tree.range(other.node))",
                    help: "leave \"formerly\" out, or remove the other declaration")
            } else if let other = first.updateValue(
                former.node, forKey: Key(kind: former.kind, name: former.formerly))
            {
                problems.add(
                    .renameConflict, tree.range(former.node),
                    "another \(kind) was \"\(former.formerly)\" already, at \(tree.range(other))",
                    help: "one of the two can take the name over")
            }
        }
    }

    /// Each host may carry every network of the fleet.
    private func checkSubnets() {
        let sorted = declarations.subnets.sorted { ($0.subnet.base, $0.node) < ($1.subnet.base, $1.node) }
        guard var widest = sorted.first else { return }
        for next in sorted.dropFirst() {
            if widest.subnet.overlaps(next.subnet), widest.network != next.network {
                let (first, second) = widest.node < next.node ? (widest, next) : (next, widest)
                problems.add(
                    .overlappingSubnets, tree.range(second.node),
                    "\(second.subnet) overlaps \(first.subnet) of the network \"\(first.network)\", at \(tree.range(first.node))",
                    help: "give one of the two another subnet")
            }
            if next.subnet.broadcast > widest.subnet.broadcast { widest = next }
        }
    }

    private func checkUnusedProfiles() {
        guard declarations.isComplete else { return }
        for entry in declarations.profileNames.entries where !declarations.usedProfiles.contains(entry.name) {
            problems.add(
                .unusedProfile, tree.range(entry.node), "no guest has the profile \"\(entry.name)\"",
                help: "write “profiles: [\(entry.name)]” into a guest's spec, or remove it", severity: .warning)
        }
    }

    private func checkUnusedNetworks() {
        guard declarations.isComplete else { return }
        for entry in declarations.networkNames.entries where !declarations.usedNetworks.contains(entry.name) {
            problems.add(
                .unusedNetwork, tree.range(entry.node), "no guest uses the network \"\(entry.name)\"",
                help: "no host will carry it until one does", severity: .warning)
        }
    }
}
