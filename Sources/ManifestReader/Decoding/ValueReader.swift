import FleetModel

/// Reads values out of a tree and reports what they are not. Every function gives nil for a value that it has
/// reported, or that was reported before.
final class ValueReader {
    let tree: YAMLTree
    let problems: Problems

    init(_ tree: YAMLTree, problems: Problems) {
        self.tree = tree
        self.problems = problems
    }

    func report(
        _ code: ProblemCode, at node: NodeIndex, _ summary: @autoclosure () -> String,
        detail: @autoclosure () -> String? = nil, help: @autoclosure () -> String? = nil,
        severity: Diagnostic.Severity = .error
    ) {
        problems.add(
            code, tree.range(node), summary(), detail: detail(), help: help(), severity: severity)
    }

    /// What the value is, for diagnostics and decisions; nil for one that was reported before.
    func meaning(of node: NodeIndex) -> CoreSchema.Meaning? {
        guard tree.kind(node) == .scalar else { return nil }
        guard tree.nodes[Int(node)].isPlain else { return .string }
        return tree.withBytes(node) { CoreSchema.meaning(of: $0) }
    }

    @inline(__always)
    func isNull(_ node: NodeIndex) -> Bool {
        let value = tree.nodes[Int(node)]
        guard value.kind == .scalar, value.isPlain, value.count <= 4 else { return false }
        return tree.withBytes(node) { CoreSchema.meaning(of: $0) } == .null
    }

    /// The text of a string.
    func string(_ node: NodeIndex) -> String? {
        switch tree.kind(node) {
        case .scalar:
            guard tree.nodes[Int(node)].isPlain else { return tree.string(node) }
            let meaning = tree.withBytes(node) { CoreSchema.meaning(of: $0) }
            if meaning == .string { return tree.string(node) }
            if meaning == .null {
                report(.wrongType, at: node, "a text is missing here")
            } else {
                let text = tree.string(node)
                report(
                    .wrongType, at: node, "\(text) is a \(meaning.rawValue), and a text is needed",
                    help: "put it in quotes: \"\(text)\"")
            }
            return nil
        case .mapping where hasKey("valueFrom", in: node):
            report(.notSupportedYet, at: node, "valueFrom is not supported yet", help: "write the value itself")
            return nil
        default: return wrongType(node, needed: "a text")
        }
    }

    /// The text of a scalar that has a form of its own and needs no quotes, such as an amount or an address.
    func text(_ node: NodeIndex, needed: String) -> String? {
        guard tree.kind(node) == .scalar, !isNull(node) else { return wrongType(node, needed: needed) }
        return tree.string(node)
    }

    /// Reports what the node is instead of what is needed.
    func wrongType<Value>(_ node: NodeIndex, needed: String) -> Value? {
        let found: String
        switch tree.kind(node) {
        case .mapping: found = "a mapping"
        case .sequence: found = "a list"
        case .scalar: found = isNull(node) ? "nothing" : quoted(tree.string(node))
        case .alias, .invalid: return nil
        }
        report(.wrongType, at: node, "\(needed) is needed here, not \(found)")
        return nil
    }

    func invalid<Value>(_ node: NodeIndex, _ what: String, help: String) -> Value? {
        report(.invalidValue, at: node, "\(quoted(tree.string(node))) is \(what)", help: help)
        return nil
    }

    /// The nodes of a list, aliases resolved; nil where it is none.
    func elements(_ node: NodeIndex) -> YAMLElements? {
        guard tree.kind(node) == .sequence else { return wrongType(node, needed: "a list") }
        return YAMLElements(tree, of: node)
    }

    private func hasKey(_ name: StaticString, in mapping: NodeIndex) -> Bool {
        let end = tree.nodes[Int(mapping)].end
        var key = mapping + 1
        while key < end {
            if tree.kind(key) == .scalar, tree.withBytes(key, { CoreSchema.equals($0, name) }) { return true }
            let value = tree.nodes[Int(key)].end
            key = tree.nodes[Int(value)].end
        }
        return false
    }
}
