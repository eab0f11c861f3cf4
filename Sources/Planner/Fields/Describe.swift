import FleetModel

/// An object's fields as a plan writes them, those that are not set or have their defaults left out; in the order of
/// its tables.
public func describe(_ object: Change.Object) -> [(path: String, text: String)] {
    switch object {
    case .guest(let spec):
        read(guestFields, spec).filter { $0.path != "maxCpus" || spec.maxCPUs != spec.cpus }
            .filter { $0.path != "maxMemory" || spec.maxMemory != spec.memory }
            .map { spec.hides($0.path) ? ($0.path, Change.Field.concealed) : $0 }
            + spec.disks.map { ("disks.\($0.name)", $0.summary) }
            + spec.nics.map { ("nics.\($0.name)", $0.summary) }
    case .network(let spec): read(networkFields, spec)
    case .image(let image): read(imageFields, image)
    case .leftover(let leftover): [(leftover.kind.rawValue, leftover.subject)]
    }
}

private let defaults = [
    "protect": "false", "firmware": "bios", "tpm": "false", "devices": "virtio", "display": "none",
    "cloudInit.onChange": "ignore", "mtu": "1500", "filter.spoofing": "deny",
    "filter.betweenGuests": "allow",
]

private func read<Value>(_ rules: [FieldRule<Value>], _ value: Value) -> [(path: String, text: String)] {
    rules.compactMap { rule in
        rule.text(value).flatMap { defaults[rule.path] == $0 ? nil : (rule.path, $0) }
    }
}

extension GuestSpec {
    /// True where the field, a part of it or what it is a part of is sensitive.
    func hides(_ path: String) -> Bool {
        secrets.keys.contains { $0 == path || $0.hasPrefix(path + ".") || path.hasPrefix($0 + ".") }
    }
}
