import FleetModel

/// Where the fields of one object were set, by their paths.
struct OriginList {
    fileprivate(set) var entries: [FieldOrigin] = []
}

extension ValueReader {
    /// Adds where a field was set, while an object's origins are wanted.
    @inline(__always)
    func addOrigin(_ path: @autoclosure () -> String, at node: NodeIndex) {
        guard origins != nil else { return }
        origins?.entries.append(FieldOrigin(path: path(), range: tree.range(node)))
    }

    /// Adds where name and labels were set.
    func addOrigins(of header: DocumentHeader) {
        addOrigin("name", at: header.nameNode)
        if let node = header.labelsNode { addOrigin("labels", at: node) }
    }

    /// Adds where the fields of a mapping within an object were set, those left out that `isLeftOut` names.
    func addOrigins<Field: FieldNames>(
        of fields: MappingReader<Field>?, under path: @autoclosure () -> String, leavingOut isLeftOut: Field? = nil
    ) {
        guard origins != nil, let fields else { return }
        let prefix = path() + "."
        fields.forEachField { field, name, value in
            if field.rawValue != isLeftOut?.rawValue { addOrigin(prefix + name, at: value) }
        }
    }

    /// Adds where the fields of an object itself were set; those of the mappings in it, its parts, know themselves.
    func addOrigins<Field: FieldNames>(of fields: MappingReader<Field>, parts: [Field]) {
        guard origins != nil else { return }
        fields.forEachField { field, name, value in
            if !parts.contains(where: { $0.rawValue == field.rawValue }) { addOrigin(name, at: value) }
        }
    }
}
