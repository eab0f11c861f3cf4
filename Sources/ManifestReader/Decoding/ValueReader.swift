import FleetModel

/// Reads values out of a tree and reports what they are not. Every function gives nil for a value that it has
/// reported, or that was reported before.
final class ValueReader {
    let tree: YAMLTree
    let problems: Problems
    let secrets: SecretReader
    /// While a set's template is read: the number of the guest that it is read for, which `{index}` stands for.
    var guestIndex: Int?
    /// Whether `{index}` was substituted since this was last set to false.
    var hasSubstitutedIndex = false
    /// While an object is read that is to know where its fields were set.
    var origins: OriginList?

    /// Texts by their nodes, so that however many guests have a long text by defaults or aliases, it is kept once.
    private var longTexts: [NodeIndex: String] = [:]
    private static let longText = 256

    /// - Parameter environment: what `valueFrom: {env: …}` may name.
    init(_ tree: YAMLTree, environment: [String: String] = [:], problems: Problems) {
        self.tree = tree
        self.problems = problems
        secrets = SecretReader(environment: environment)
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
            guard tree.nodes[Int(node)].isPlain else { return sharedString(node) }
            let meaning = tree.withBytes(node) { CoreSchema.meaning(of: $0) }
            if meaning == .string { return sharedString(node) }
            if meaning == .null {
                report(
                    .wrongType, at: node, "a text is needed here, not nothing",
                    help: "write a text, or leave the field out")
            } else {
                let text = tree.string(node)
                report(
                    .wrongType, at: node, "\(text) is \(meaning.phrase), and a text is needed",
                    help: "put it in quotes: \"\(text)\"")
            }
            return nil
        default: return wrongType(node, needed: "a text", help: "write it on the same line, in quotes where in doubt")
        }
    }

    private func sharedString(_ node: NodeIndex) -> String {
        guard tree.nodes[Int(node)].count > Self.longText else { return tree.string(node) }
        if let known = longTexts[node] { return known }
        let text = tree.string(node)
        longTexts[node] = text
        return text
    }

    /// The text of a scalar that has a form of its own and needs no quotes, such as an amount or an address.
    func text(_ node: NodeIndex, needed: String) -> String? {
        guard tree.kind(node) == .scalar, !isNull(node) else {
            return wrongType(node, needed: needed, help: "write \(needed)")
        }
        return sharedString(node)
    }

    /// Reports what the node is instead of what is needed.
    func wrongType<Value>(_ node: NodeIndex, needed: String, help: String) -> Value? {
        let found: String
        var help = help
        switch tree.kind(node) {
        case .mapping where isValueFrom(node):
            report(
                .misplacedValueFrom, at: node, "valueFrom is not supported here",
                help: "write the value itself; it may come from elsewhere for \(Self.sensitiveFields)")
            return nil
        case .mapping where hasKey("index", in: node):
            found = "a mapping"
            help = "put the text with {index} in quotes: \"{index}\""
        case .mapping: found = "a mapping"
        case .sequence: found = "a list"
        case .scalar:
            found = isNull(node) ? "nothing" : quoted(tree.string(node))
            if tree.string(node).contains(Self.indexMark) { help = Self.indexHelp }
        case .alias, .invalid: return nil
        }
        report(.wrongType, at: node, "\(needed) is needed here, not \(found)", help: help)
        return nil
    }

    /// - Parameter text: what was made of the node's text; nil: nothing.
    func invalid<Value>(_ node: NodeIndex, _ what: String, help: String, text: String? = nil) -> Value? {
        let text = text ?? tree.string(node)
        report(
            .invalidValue, at: node, "\(quoted(text)) is \(what)",
            help: text.contains(Self.indexMark) ? Self.indexHelp : help)
        return nil
    }

    /// The nodes of a list, aliases resolved; nil where it is none, or has more elements than are allowed.
    func elements(_ node: NodeIndex, limit: Int = YAMLLimits.elements) -> YAMLElements? {
        guard tree.kind(node) == .sequence else { return wrongType(node, needed: "a list", help: Self.listHelp) }
        let elements = YAMLElements(tree, of: node)
        var rest = elements
        for _ in 0..<limit where rest.next() == nil { return elements }
        guard rest.next() == nil else {
            report(
                .outOfRange, at: node, "the list is too long", help: "write at most \(limit) elements")
            return nil
        }
        return elements
    }

    static let listHelp = "write [a, b], or one line that starts with “- ” for each element"
    static let mappingHelp = "write {key: value}, or indented lines of “key: value”"

    func hasKey(_ name: StaticString, in mapping: NodeIndex) -> Bool {
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
