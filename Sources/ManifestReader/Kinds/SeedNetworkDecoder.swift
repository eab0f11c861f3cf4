import FleetModel

/// Reads a seed's `networkConfig`: the text as cloud-init takes it, or the mapping itself, which becomes JSON, as YAML
/// has it too.
struct SeedNetworkDecoder {
    private let values: ValueReader
    private var tree: YAMLTree { values.tree }

    init(_ values: ValueReader) { self.values = values }

    /// - Returns: nil where it is left out, or reported.
    func read(_ cloudInit: MappingReader<CloudInitField>) -> FreeText? {
        guard let node = cloudInit.node(.networkConfig) else { return nil }
        guard tree.kind(node) == .mapping, !values.isValueFrom(node) else {
            return values.freeText(
                node, "network configuration of cloud-init", help: Self.help, hasIndex: true, isLine: false,
                where: { $0.contains("version") })
        }
        guard let config = json(node) else { return nil }
        let version = config["network"]?["version"] ?? config["version"]
        guard version == .int(1) || version == .int(2) else {
            values.report(
                .invalidValue, at: node,
                "a network configuration of cloud-init says its version, 1 or 2, and this one does not",
                help: Self.help)
            return nil
        }
        return FreeText(text: String(decoding: CanonicalJSON.bytes(of: config), as: UTF8.self) + "\n", source: nil)
    }

    private static let help = "write “version: 2” and “ethernets: …”, as cloud-init's network-config has them"

    /// Nil where something in it is reported.
    private func json(_ node: NodeIndex) -> JSONValue? {
        switch tree.kind(node) {
        case .alias: return json(tree.resolved(node))
        case .invalid: return nil
        case .scalar: return scalar(node)
        case .sequence:
            var elements: [JSONValue] = []
            for element in YAMLElements(tree, of: node) {
                guard let value = json(element) else { return nil }
                elements.append(value)
            }
            return .array(elements)
        case .mapping: return mapping(node)
        }
    }

    private func mapping(_ node: NodeIndex) -> JSONValue? {
        var members: [String: JSONValue] = [:]
        var first: [String: NodeIndex] = [:]
        let end = tree.nodes[Int(node)].end
        var key = node + 1
        while key < end {
            let value = tree.nodes[Int(key)].end
            guard tree.kind(key) == .scalar else { return nil }
            guard !values.isMergeKey(key) else {
                values.report(
                    .invalidMerge, at: key, "merge keys mean nothing in a network configuration",
                    help: "write what is merged where it belongs")
                return nil
            }
            let name = tree.string(key)
            if let earlier = first[name] { values.reportDuplicateKey(key, first: earlier) }
            first[name] = key
            guard let member = json(value) else { return nil }
            members[name] = member
            key = tree.nodes[Int(value)].end
        }
        return .object(members)
    }

    private func scalar(_ node: NodeIndex) -> JSONValue {
        let text = tree.string(node)
        switch values.meaning(of: node) {
        case .null: return .null
        case .boolean: return .bool(text == "true")
        case .integer: return Int64(text).map { .int($0) } ?? .string(text)
        case .number: return Double(text).flatMap { $0.isFinite ? .double($0) : nil } ?? .string(text)
        case .string, nil: return .string(values.indexed(text))
        }
    }
}
