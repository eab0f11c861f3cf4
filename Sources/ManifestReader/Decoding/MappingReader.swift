/// The values of a mapping by field. Making one reports unknown, repeated and not yet supported keys, resolves
/// merge keys, and puts another mapping's values underneath where there is one (a fleet's defaults).
struct MappingReader<Field: FieldNames> {
    private typealias Slots = InlineArray<24, NodeIndex>

    let values: ValueReader
    /// The mapping itself, which is where a missing field is reported.
    let node: NodeIndex
    /// The value of each field, aliases resolved, or -1.
    private var slots = Slots(repeating: -1)
    /// The value of each field in the mapping underneath, or -1.
    private var lower = Slots(repeating: -1)

    /// - Parameters:
    ///   - node: nil where the mapping was left out and only what is underneath counts.
    ///   - under: a mapping whose values count where this one has none; mappings in both are merged.
    /// - Returns: nil where a node is no mapping, which is reported.
    init?(_ node: NodeIndex?, under: NodeIndex? = nil, _ values: ValueReader) {
        self.values = values
        guard let place = node ?? under else { return nil }
        self.node = place
        if let node {
            guard values.tree.kind(node) == .mapping else {
                let _: Never? = values.wrongType(node, needed: "a mapping", help: ValueReader.mappingHelp)
                return nil
            }
            Self.fill(&slots, from: node, values)
        }
        if let under, values.tree.kind(under) == .mapping { Self.fill(&lower, from: under, values) }
    }

    // MARK: Access

    /// The field's value; nil where it is left out or null.
    @inline(__always)
    func node(_ field: Field) -> NodeIndex? {
        let own = slots[field.rawValue]
        let value = own >= 0 ? own : lower[field.rawValue]
        return value < 0 || values.isNull(value) ? nil : value
    }

    /// The field's value, or nil where it is left out, null, or reported.
    @inline(__always)
    func optional<Value>(_ field: Field, as type: ValueType<Value>) -> Value? {
        guard let value = node(field) else { return nil }
        return type.read(values, value)
    }

    /// The field's value, or nil where it is reported.
    @inline(__always)
    func value<Value>(_ field: Field, as type: ValueType<Value>, default: Value) -> Value? {
        guard let value = node(field) else { return `default` }
        return type.read(values, value)
    }

    /// The field's value, or nil where it is reported, for being left out too.
    @inline(__always)
    func required<Value>(_ field: Field, as type: ValueType<Value>) -> Value? {
        guard let value = requiredNode(field) else { return nil }
        return type.read(values, value)
    }

    func requiredNode(_ field: Field) -> NodeIndex? {
        if let value = node(field) { return value }
        let table = Field.table
        values.report(
            .missingField, at: node, "\(table.subject) needs the field \"\(table.names[field.rawValue])\"",
            help: "add “\(table.names[field.rawValue]): …”")
        return nil
    }

    /// A mapping inside this one; nil where it is left out, or reported.
    func mapping<Inner: FieldNames>(_ field: Field, _ type: Inner.Type) -> MappingReader<Inner>? {
        let own = slots[field.rawValue]
        let below = lower[field.rawValue]
        guard own >= 0 || below >= 0 else { return nil }
        // Null in the upper mapping takes the lower one's away.
        if own >= 0, values.isNull(own) { return nil }
        if own < 0, values.isNull(below) { return nil }
        return MappingReader<Inner>(own >= 0 ? own : nil, under: below >= 0 ? below : nil, values)
    }

    /// The elements of a list; none where it is left out, or reported.
    func elements(_ field: Field) -> YAMLElements? {
        guard let value = node(field) else { return nil }
        return values.elements(value)
    }

    // MARK: Filling

    private static func fill(_ slots: inout Slots, from mapping: NodeIndex, _ values: ValueReader) {
        let tree = values.tree
        let table = Field.table
        let end = tree.nodes[Int(mapping)].end
        var hasMerge = false
        var key = mapping + 1
        while key < end {
            let value = tree.nodes[Int(key)].end
            if tree.kind(key) == .scalar {
                if let slot = tree.withBytes(key, { table.slot(of: $0) }) {
                    if slots[slot] >= 0 {
                        values.reportDuplicateKey(key, first: firstKey(slot, in: mapping, values))
                    } else if table.isSupported(slot) {
                        slots[slot] = tree.resolved(value)
                    } else {
                        values.report(
                            .notSupportedYet, at: key, "the field \"\(table.names[slot])\" is not supported yet",
                            help: "leave it out")
                    }
                } else if values.isMergeKey(key) {
                    hasMerge = true
                } else {
                    values.reportUnknownKey(key, table)
                }
            }
            key = tree.nodes[Int(value)].end
        }
        if hasMerge { merge(into: &slots, from: mapping, values) }
    }

    /// Takes what the merge keys of the mapping bring for the fields that it does not have itself; of several
    /// merged mappings, the first one that has a field wins.
    private static func merge(into slots: inout Slots, from mapping: NodeIndex, _ values: ValueReader) {
        for source in values.mergedMappings(of: mapping) {
            var merged = Slots(repeating: -1)
            fill(&merged, from: source, values)
            for slot in merged.indices where slots[slot] < 0 { slots[slot] = merged[slot] }
        }
    }

    private static func firstKey(_ slot: Int, in mapping: NodeIndex, _ values: ValueReader) -> NodeIndex {
        let tree = values.tree
        var key = mapping + 1
        while tree.kind(key) != .scalar || tree.withBytes(key, { Field.table.slot(of: $0) }) != slot {
            key = tree.nodes[Int(tree.nodes[Int(key)].end)].end
        }
        return key
    }
}
