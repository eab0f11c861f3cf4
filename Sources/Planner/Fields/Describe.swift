import FleetModel

/// An object's fields as a plan writes them, those that are not set left out; in the order of its tables.
public func describe(_ object: Change.Object) -> [(path: String, text: String)] {
    switch object {
    case .guest(let spec):
        read(guestFields, spec)
            + spec.disks.map { ("disks.\($0.name)", $0.summary) }
            + spec.nics.map { ("nics.\($0.name)", $0.summary) }
    case .network(let spec): read(networkFields, spec)
    case .image(let image): read(imageFields, image)
    case .leftover(let leftover): [(leftover.kind.rawValue, leftover.subject)]
    }
}

private func read<Value>(_ rules: [FieldRule<Value>], _ value: Value) -> [(path: String, text: String)] {
    rules.compactMap { rule in rule.text(value).map { (rule.path, $0) } }
}
