/// The values of a mapping by field. Making one reports unknown, repeated and not yet supported keys, resolves
/// merge keys, and puts the values of other mappings underneath where there are some (profiles, a fleet's defaults).
struct MappingReader<Field: FieldNames> {
    private typealias Slots = InlineArray<24, NodeIndex>

    let values: ValueReader
    /// The mapping itself, which is where a missing field is reported.
    let node: NodeIndex
    /// The value of each field in the topmost mapping that has it, aliases resolved, or -1.
    private var slots = Slots(repeating: -1)
    /// The same of each mapping, from top to bottom; empty where there is one alone.
    private var layers: [Slots] = []

    /// - Parameters:
    ///   - node: nil where the mapping was left out and only what is underneath counts.
    ///   - under: mappings whose values count where those above have none, from top to bottom; what is a mapping in
    ///     several of them is merged.
    /// - Returns: nil where a node is no mapping, which is reported.
    init?(_ node: NodeIndex?, under: [NodeIndex] = [], _ values: ValueReader) {
        self.values = values
        guard let place = node ?? under.first else { return nil }
        self.node = place
        if let node {
            guard values.tree.kind(node) == .mapping else {
                let _: Never? = values.wrongType(node, needed: "a mapping", help: ValueReader.mappingHelp)
                return nil
            }
            Self.fill(&slots, from: node, values)
        }
        guard !under.isEmpty else { return }
        layers.reserveCapacity(under.count + 1)
        if node != nil { layers.append(slots) }
        for mapping in under where values.tree.kind(mapping) == .mapping {
            var lower = Slots(repeating: -1)
            Self.fill(&lower, from: mapping, values)
            layers.append(lower)
            for slot in lower.indices where slots[slot] < 0 { slots[slot] = lower[slot] }
        }
    }

    // MARK: Access

    /// The field's value; nil where it is left out or null.
    @inline(__always)
    func node(_ field: Field) -> NodeIndex? {
        let value = slots[field.rawValue]
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
        guard let top = node(field) else { return nil }
        guard layers.count > 1 else { return MappingReader<Inner>(top, values) }
        var under: [NodeIndex] = []
        for layer in layers where layer[field.rawValue] >= 0 {
            // Null takes away what is underneath.
            if values.isNull(layer[field.rawValue]) { break }
            under.append(layer[field.rawValue])
        }
        return MappingReader<Inner>(top, under: Array(under.dropFirst()), values)
    }

    /// Hands over each field that is set, with its value.
    @inline(__always)
    func forEachField(_ body: (_ field: Field, _ name: String, _ value: NodeIndex) -> Void) {
        for field in Field.allCases {
            if let value = node(field) { body(field, Field.table.names[field.rawValue], value) }
        }
    }

    /// The elements of a list; none where it is left out, or reported.
    func elements(_ field: Field, limit: Int = YAMLLimits.elements) -> YAMLElements? {
        guard let value = node(field) else { return nil }
        return values.elements(value, limit: limit)
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
