import FleetModel

/// What all kinds of documents have.
struct DocumentHeader {
    let kind: DocumentKind
    let root: NodeIndex
    /// Nil where it is missing or not valid, which is reported.
    var name: Name?
    /// The name's node, or where it is missing.
    var nameNode: NodeIndex
    /// A name that would be valid in lower case, which is not reported yet: it may collide with another one.
    var lowercasedName: Name?
    var labels: [String: String] = [:]
    var labelsNode: NodeIndex?
    var formerly: (name: Name, node: NodeIndex)?
    /// Nil where it is left out.
    var spec: NodeIndex?

    /// Nil where the document is empty, or of no kind that can be read, which is reported.
    init?(_ root: NodeIndex, _ values: ValueReader) {
        guard !values.isNull(root), let fields = MappingReader<DocumentField>(root, values) else { return nil }
        Self.checkVersion(fields)
        guard let kind = Self.kind(fields) else { return nil }
        self.kind = kind
        self.root = root
        nameNode = root
        spec = fields.node(.spec)
        guard let metadataNode = fields.requiredNode(.metadata),
            let metadata = MappingReader<MetadataField>(metadataNode, values)
        else { return }
        readName(metadata)
        readLabels(metadata)
        readFormerly(metadata)
    }

    private static func checkVersion(_ fields: MappingReader<DocumentField>) {
        guard let node = fields.requiredNode(.apiVersion), let version = fields.values.string(node) else { return }
        guard version != "lodge/v1" else { return }
        fields.values.report(
            .unknownVersion, at: node, "\(quoted(version)) is no version of the manifest that is known",
            help: "write lodge/v1")
    }

    private static func kind(_ fields: MappingReader<DocumentField>) -> DocumentKind? {
        let values = fields.values
        guard let node = fields.requiredNode(.kind), let text = values.string(node) else { return nil }
        if let kind = DocumentKind(rawValue: text) { return kind }
        let names = DocumentKind.names
        values.report(
            .unknownKind, at: node, "there is no kind \(quoted(text))",
            help: suggestion(for: text, among: names).map { "did you mean \"\($0)\"?" }
                ?? "write one of: \(names.joined(separator: ", "))")
        return nil
    }

    private mutating func readName(_ metadata: MappingReader<MetadataField>) {
        nameNode = metadata.node(.name) ?? metadata.node
        guard let node = metadata.requiredNode(.name), let text = metadata.values.string(node) else { return }
        name = Name(parsing: text)
        guard name == nil else { return }
        lowercasedName = Name(parsing: text.lowercased())
        if lowercasedName == nil { metadata.values.reportInvalidName(text, at: node) }
    }

    private mutating func readLabels(_ metadata: MappingReader<MetadataField>) {
        guard let node = metadata.node(.labels) else { return }
        if kind == .fleet || kind == .guestSet || kind == .profile {
            metadata.values.report(
                .notSupportedYet, at: node, "labels of a \(kind.noun) are not supported yet",
                help: kind == .guestSet
                    ? "its guests have the labels under spec.template.metadata" : "leave them out")
            return
        }
        labelsNode = node
        labels = metadata.values.labels(node)
    }

    private mutating func readFormerly(_ metadata: MappingReader<MetadataField>) {
        guard let node = metadata.node(.formerly) else { return }
        guard kind == .guest || kind == .network || kind == .guestSet else {
            metadata.values.report(
                .notSupportedYet, at: node, "\"formerly\" is not supported yet for the kind \(kind.rawValue)",
                help: "leave it out")
            return
        }
        formerly = metadata.optional(.formerly, as: .name).map { ($0, node) }
    }
}
