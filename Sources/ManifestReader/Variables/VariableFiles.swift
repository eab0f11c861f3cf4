import FleetModel

/// Reads files of variables: mappings from names to scalars.
struct VariableFiles {
    let files: LoadedFiles
    /// By name; of several files, the last one that has a variable wins.
    private(set) var variables: [String: String] = [:]

    init(_ paths: [String], problems: Problems) {
        files = SourceLoader.load(variableFiles: paths, problems: problems)
        let tree = YAMLTree(reading: files, variables: nil, problems: problems)
        let values = ValueReader(tree, problems: problems)
        var last: Int?
        for document in tree.documents {
            if document.file == last {
                values.report(
                    .invalidVariable, at: document.root, "a file of variables has one document",
                    help: "put all variables into one mapping")
                continue
            }
            last = document.file
            variables.merge(Self.read(tree.resolved(document.root), values)) { _, new in new }
        }
    }

    private static func read(_ root: NodeIndex, _ values: ValueReader) -> [String: String] {
        let tree = values.tree
        guard !values.isNull(root) else { return [:] }
        guard tree.kind(root) == .mapping else {
            return values.wrongType(root, needed: "a mapping", help: "write one line of “NAME: value” for each") ?? [:]
        }
        var variables: [String: String] = [:]
        var keys: [String: NodeIndex] = [:]
        var key = root + 1
        while key < tree.nodes[Int(root)].end {
            let value = tree.nodes[Int(key)].end
            if tree.kind(key) == .scalar {
                let name = tree.string(key)
                if let first = keys[name] {
                    values.reportDuplicateKey(key, first: first)
                } else if !VariableText.isName(name) {
                    values.report(
                        .invalidVariable, at: key, "\(quoted(name)) is no variable's name",
                        help: "write letters, digits and “_”, no digit first")
                } else if let text = text(tree.resolved(value), values) {
                    variables[name] = text
                }
                keys[name] = key
            }
            key = tree.nodes[Int(value)].end
        }
        return variables
    }

    /// A scalar's text as it is written, whatever its type: that is decided where the variable stands.
    private static func text(_ node: NodeIndex, _ values: ValueReader) -> String? {
        guard values.tree.kind(node) == .scalar, !values.isNull(node) else {
            return values.wrongType(
                node, needed: "a text, number or boolean", help: "write one value; for an empty one write \"\"")
        }
        return values.tree.string(node)
    }
}
