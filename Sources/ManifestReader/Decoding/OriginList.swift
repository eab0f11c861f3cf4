import FleetModel

/// Where the fields of one guest were set, by their paths.
struct OriginList {
    fileprivate(set) var entries: [FieldOrigin] = []
}

extension ValueReader {
    /// Adds where a field was set, while a guest's origins are wanted.
    @inline(__always)
    func addOrigin(_ path: @autoclosure () -> String, at node: NodeIndex) {
        guard origins != nil else { return }
        origins?.entries.append(FieldOrigin(path: path(), range: tree.range(node)))
    }

    /// Adds where the fields of a mapping within a guest were set, those left out that `isLeftOut` names.
    func addOrigins<Field: FieldNames>(
        of fields: MappingReader<Field>?, under path: @autoclosure () -> String, leavingOut isLeftOut: Field? = nil
    ) {
        guard origins != nil, let fields else { return }
        let prefix = path() + "."
        fields.forEachField { field, name, value in
            if field.rawValue != isLeftOut?.rawValue { addOrigin(prefix + name, at: value) }
        }
    }
}
