import FleetModel

/// Merge keys and the problems of keys, for mappings with fields and mappings with free keys alike.
extension ValueReader {
    /// Whether a key is `<<` without quotes.
    func isMergeKey(_ key: NodeIndex) -> Bool {
        tree.nodes[Int(key)].isPlain && tree.withBytes(key) { CoreSchema.equals($0, "<<") }
    }

    /// The mappings that the merge key of a mapping names, in order. Reports what is no mapping, and a second
    /// merge key.
    func mergedMappings(of mapping: NodeIndex) -> [NodeIndex] {
        var merged: [NodeIndex] = []
        var first: NodeIndex?
        let end = tree.nodes[Int(mapping)].end
        var key = mapping + 1
        while key < end {
            let value = tree.nodes[Int(key)].end
            if tree.kind(key) == .scalar, isMergeKey(key) {
                if let first {
                    reportDuplicateKey(key, first: first)
                } else {
                    first = key
                    let source = tree.resolved(value)
                    switch tree.kind(source) {
                    case .mapping: merged.append(source)
                    case .sequence:
                        for element in YAMLElements(tree, of: source) {
                            if tree.kind(element) == .mapping {
                                merged.append(element)
                            } else {
                                reportInvalidMerge(element)
                            }
                        }
                    default: reportInvalidMerge(source)
                    }
                }
            }
            key = tree.nodes[Int(value)].end
        }
        return merged
    }

    func reportDuplicateKey(_ key: NodeIndex, first: @autoclosure () -> NodeIndex) {
        report(
            .duplicateKey, at: key,
            "the key \(quoted(tree.string(key))) is there already, at \(tree.range(first()))",
            help: "keep one of the two")
    }

    func reportUnknownKey(_ key: NodeIndex, _ table: FieldTable) {
        let name = tree.string(key)
        let names = table.supportedNames
        report(
            .unknownKey, at: key, "\(table.subject) has no field \(quoted(name))",
            help: suggestion(for: name, among: table.names).map { "did you mean \"\($0)\"?" }
                ?? "it may have: \(names.joined(separator: ", "))")
    }

    private func reportInvalidMerge(_ node: NodeIndex) {
        guard tree.kind(node) != .invalid else { return }
        report(
            .invalidMerge, at: node, "the merge key << takes a mapping or a list of mappings",
            help: "name a mapping's anchor: “<<: *anchor”")
    }
}
