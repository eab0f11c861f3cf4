import CYAML
import FleetModel

/// Builds a tree from libyaml's events, which are the only thing that is known of the text.
struct YAMLTreeBuilder {
    private struct Open {
        var node: NodeIndex
        var isMapping: Bool
        /// In a mapping: whether the next node is a key.
        var atKey = true
        /// The greatest depth of what is inside.
        var height = 0
        /// `expanded` before the node.
        var expandedBefore: Int
        var anchor: String?
    }

    private struct Anchor {
        var node: NodeIndex
        var size: Int
        var height: Int
        /// False while the node's end was not seen: an alias to it would contain itself.
        var isClosed: Bool
    }

    var nodes = ContiguousArray<YAMLNode>()
    var text = ContiguousArray<UInt8>()
    var documents: [YAMLTree.Document] = []
    var firstNodes: [NodeIndex] = []
    /// True where a file was not read to its end.
    var gaveUp = false

    private var open: [Open] = []
    private var anchors: [String: Anchor] = [:]
    private var expanded = 0
    private var root: NodeIndex = 0
    private var file = 0
    private var fileName = ""
    private let variables: VariableTable?
    private var mayHaveVariables = false
    /// Where variables stand in the file; made once one is reported.
    private var lines: SourceLines?
    private var substitutedBytes = 0

    init(capacity: Int, variables: VariableTable?) {
        self.variables = variables
        nodes.reserveCapacity(capacity / 5 + 16)
        text.reserveCapacity(capacity)
    }

    mutating func read(_ source: SourceFile, index: Int, problems: Problems) {
        file = index
        fileName = source.name
        expanded = 0
        firstNodes.append(NodeIndex(nodes.count))
        mayHaveVariables = variables != nil && source.mayHaveVariables
        lines = nil
        let before = documents.count
        guard let parser = YAMLEventParser(source) else {
            problems.add(.unreadablePath, nil, "no memory is left to read \(quoted(source.name))")
            gaveUp = true
            return
        }
        do {
            try readDocuments(from: parser, of: source, problems: problems)
        } catch {
            problems.add(
                error.code, SourceRange(file: fileName, line: error.line + 1, column: error.column + 1),
                error.summary, help: error.help)
            gaveUp = true
        }
        if documents.count == before, !gaveUp {
            problems.add(
                .emptyManifest, SourceRange(file: fileName, line: 1, column: 1), "the file has no document",
                severity: .warning)
        }
    }

    private mutating func readDocuments(
        from parser: YAMLEventParser, of source: SourceFile, problems: Problems
    ) throws(YAMLFailure) {
        open.removeAll(keepingCapacity: true)
        while true {
            let event = try parser.next()
            switch event.pointee.type {
            case YAML_SCALAR_EVENT: try addScalar(event, source, problems)
            case YAML_MAPPING_START_EVENT:
                let data = event.pointee.data.mapping_start
                try begin(.mapping, event, anchor: data.anchor, tag: data.tag, problems)
            case YAML_SEQUENCE_START_EVENT:
                let data = event.pointee.data.sequence_start
                try begin(.sequence, event, anchor: data.anchor, tag: data.tag, problems)
            case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT: end()
            case YAML_ALIAS_EVENT: try addAlias(event, problems)
            case YAML_DOCUMENT_START_EVENT:
                anchors.removeAll()
                root = NodeIndex(nodes.count)
            // Only now is it whole: of a document that is not, nothing is used.
            case YAML_DOCUMENT_END_EVENT: documents.append(YAMLTree.Document(root: root, file: file))
            case YAML_STREAM_END_EVENT: return
            default: break
            }
        }
    }

    // MARK: Nodes

    @inline(__always)
    private mutating func addScalar(
        _ event: UnsafeMutablePointer<yaml_event_t>, _ source: SourceFile, _ problems: Problems
    ) throws(YAMLFailure) {
        let data = event.pointee.data.scalar
        let length = data.length
        guard length <= YAMLLimits.scalarSize else {
            throw YAMLFailure(
                .scalarTooLong, event.pointee.start_mark,
                "the value has \(length) bytes; at most \(ByteCount(bytes: Int64(YAMLLimits.scalarSize))) are read")
        }
        try count(1, event.pointee.start_mark)
        let isKey = advanceParent()
        var node = makeNode(.scalar, event)
        node.isPlain = data.style == YAML_PLAIN_SCALAR_STYLE
        node.start = Int32(text.count)
        let bytes = UnsafeBufferPointer(start: data.value, count: length)
        if let tag = data.tag { apply(tag, to: &node, problems) }
        if mayHaveVariables, VariableText.mayHaveVariables(bytes) {
            try substitute(bytes, isKey: isKey, in: &node, event, source, problems)
        } else {
            text.append(contentsOf: bytes)
        }
        node.count = Int32(text.count) - node.start
        nodes.append(node)
        if let anchor = data.anchor {
            anchors[String(cString: anchor)] =
                Anchor(node: NodeIndex(nodes.count - 1), size: 1, height: 0, isClosed: true)
        }
    }

    private mutating func begin(
        _ kind: YAMLNode.Kind, _ event: UnsafeMutablePointer<yaml_event_t>,
        anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, _ problems: Problems
    ) throws(YAMLFailure) {
        guard open.count < YAMLLimits.depth else { throw tooDeep(event) }
        let before = expanded
        try count(1, event.pointee.start_mark)
        var node = makeNode(kind, event)
        if advanceParent() { reportComplexKey(node, problems) }
        if let tag { apply(tag, to: &node, problems) }
        let index = NodeIndex(nodes.count)
        let name = anchor.map { String(cString: $0) }
        if let name { anchors[name] = Anchor(node: index, size: 0, height: 0, isClosed: false) }
        open.append(Open(node: index, isMapping: kind == .mapping, expandedBefore: before, anchor: name))
        nodes.append(node)
    }

    private mutating func end() {
        guard let closed = open.popLast() else { return }
        nodes[Int(closed.node)].end = NodeIndex(nodes.count)
        let height = closed.height + 1
        if let parent = open.indices.last { open[parent].height = max(open[parent].height, height) }
        // A second anchor of the same name inside the node has taken the name over.
        if let name = closed.anchor, anchors[name]?.node == closed.node {
            anchors[name] = Anchor(
                node: closed.node, size: expanded - closed.expandedBefore, height: height, isClosed: true)
        }
    }

    private mutating func addAlias(_ event: UnsafeMutablePointer<yaml_event_t>, _ problems: Problems)
        throws(YAMLFailure)
    {
        let name = event.pointee.data.alias.anchor.map { String(cString: $0) } ?? ""
        var node = makeNode(.alias, event)
        if advanceParent() {
            reportComplexKey(node, problems)
            node.kind = .invalid
        } else if let anchor = anchors[name], anchor.isClosed {
            try count(anchor.size, event.pointee.start_mark)
            guard open.count + anchor.height <= YAMLLimits.depth else { throw tooDeep(event) }
            if let parent = open.indices.last { open[parent].height = max(open[parent].height, anchor.height) }
            node.start = anchor.node
        } else if anchors[name] != nil {
            problems.add(
                .recursiveAlias, range(node), "*\(name) stands for a value that contains it",
                help: "write the value itself")
            node.kind = .invalid
        } else {
            problems.add(
                .unknownAlias, range(node), "there is no anchor &\(name) before *\(name) in this document",
                help: suggestion(for: name, among: anchors.keys).map { "did you mean *\($0)?" }
                    ?? "write &\(name) before the value that it is to stand for")
            node.kind = .invalid
        }
        nodes.append(node)
    }

    // MARK: Details

    @inline(__always)
    private func makeNode(_ kind: YAMLNode.Kind, _ event: UnsafeMutablePointer<yaml_event_t>) -> YAMLNode {
        let mark = event.pointee.start_mark
        return YAMLNode(
            kind: kind, end: NodeIndex(nodes.count + 1), line: Int32(truncatingIfNeeded: mark.line),
            column: Int32(truncatingIfNeeded: mark.column))
    }

    /// Takes the place of a key or value in the mapping that is open.
    ///
    /// - Returns: whether it is a key's.
    @inline(__always)
    private mutating func advanceParent() -> Bool {
        let last = open.count - 1
        guard last >= 0, open[last].isMapping else { return false }
        let isKey = open[last].atKey
        open[last].atKey = !isKey
        return isKey
    }

    @inline(__always)
    private mutating func count(_ size: Int, _ mark: yaml_mark_t) throws(YAMLFailure) {
        expanded += size
        guard expanded <= YAMLLimits.nodes else {
            throw YAMLFailure(
                .tooManyNodes, mark,
                "the file has more than \(YAMLLimits.nodes) values, aliases counted with what they stand for",
                help: "split it into several files")
        }
        guard nodes.count < YAMLLimits.totalNodes else {
            throw YAMLFailure(
                .tooManyNodes, mark, "the files have more than \(YAMLLimits.totalNodes) values together",
                help: "split the fleet")
        }
    }

    private func range(_ node: YAMLNode) -> SourceRange {
        SourceRange(file: fileName, line: Int(node.line) + 1, column: Int(node.column) + 1)
    }

    private func tooDeep(_ event: UnsafeMutablePointer<yaml_event_t>) -> YAMLFailure {
        YAMLFailure(
            .nestingTooDeep, event.pointee.start_mark,
            "mappings and sequences are nested more than \(YAMLLimits.depth) deep")
    }

    private func reportComplexKey(_ node: YAMLNode, _ problems: Problems) {
        problems.add(
            .complexKey, range(node), "a key must be plain text, not a mapping, a sequence or an alias",
            help: "a { or [ that starts a text needs quotes")
    }

    /// Tags of the core schema are honoured; any other is an error.
    private func apply(_ tag: UnsafeMutablePointer<yaml_char_t>, to node: inout YAMLNode, _ problems: Problems) {
        let text = String(cString: tag)
        switch (text, node.kind) {
        case ("!", .scalar), ("tag:yaml.org,2002:str", .scalar): node.isPlain = false
        case ("tag:yaml.org,2002:int", .scalar), ("tag:yaml.org,2002:float", .scalar),
            ("tag:yaml.org,2002:bool", .scalar), ("tag:yaml.org,2002:null", .scalar):
            node.isPlain = true
        case ("!", _), ("tag:yaml.org,2002:map", .mapping), ("tag:yaml.org,2002:seq", .sequence): break
        default:
            problems.add(
                .unsupportedTag, range(node), "the tag \(quoted(text)) is not one of YAML's core schema for this value",
                help: "leave it out")
            if node.kind == .scalar { node.kind = .invalid }
        }
    }

    // MARK: Variables

    /// Appends the text of a scalar with what its variables stand for. The scalar's end is known already, so that a
    /// value cannot bring YAML with it.
    private mutating func substitute(
        _ bytes: UnsafeBufferPointer<UInt8>, isKey: Bool, in node: inout YAMLNode,
        _ event: UnsafeMutablePointer<yaml_event_t>, _ source: SourceFile, _ problems: Problems
    ) throws(YAMLFailure) {
        guard !isKey, let variables else {
            problems.add(
                .misplacedVariable, range(node), "variables are not substituted in keys",
                help: "write the key itself; a field's value may have variables")
            node.kind = .invalid
            text.append(contentsOf: bytes)
            return
        }
        let result = VariableText.substitute(bytes, variables, into: &text, limit: YAMLLimits.scalarSize)
        guard !result.isTooLong else {
            throw YAMLFailure(
                .scalarTooLong, event.pointee.start_mark,
                "with its variables the value has more than \(ByteCount(bytes: Int64(YAMLLimits.scalarSize)))")
        }
        substitutedBytes += text.count - Int(node.start)
        guard substitutedBytes <= YAMLLimits.substitutedSize else {
            throw YAMLFailure(
                .manifestTooLarge, event.pointee.start_mark,
                "values with variables have more than \(ByteCount(bytes: Int64(YAMLLimits.substitutedSize))) together",
                help: "shorten the variables' values")
        }
        // Nothing, from a variable that is set to nothing, does not mean that the field is left out.
        if text.count == Int(node.start) { node.isPlain = false }
        guard !result.faults.isEmpty else { return }
        node.kind = .invalid
        let lines = self.lines ?? source.lines
        self.lines = lines
        var search = VariableSearch(lines, from: (Int(node.line), Int(node.column)))
        for fault in result.faults {
            let place = search.next(fault.text, before: Int(event.pointee.end_mark.line) + 1)
            let range = place.map { SourceRange(file: fileName, line: $0.line + 1, column: $0.column + 1) }
            variables.report(fault, at: range ?? self.range(node), problems)
        }
    }
}
