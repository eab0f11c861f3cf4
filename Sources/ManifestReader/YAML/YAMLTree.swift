import FleetModel

/// The documents of all files of a run, in two arrays: the nodes in the order of the text, each followed by its
/// descendants, and the text of all scalars. A mapping's children are key, value, key, value.
final class YAMLTree: Sendable {
    struct Document {
        var root: NodeIndex
        var file: Int
    }

    let files: [SourceFile]
    let nodes: ContiguousArray<YAMLNode>
    let text: ContiguousArray<UInt8>
    let documents: [Document]
    /// The first node of each file.
    let firstNodes: [NodeIndex]
    /// False where something that was to be read could not be: what seems to be missing may be there.
    let isComplete: Bool

    /// - Parameter variables: what `${…}` stands for in the files; nil: it is text like any other.
    init(reading loaded: LoadedFiles, variables: VariableTable?, problems: Problems) {
        var builder = YAMLTreeBuilder(
            capacity: loaded.files.reduce(0) { $0 + $1.bytes.count }, variables: variables)
        for (index, file) in loaded.files.enumerated() { builder.read(file, index: index, problems: problems) }
        files = loaded.files
        nodes = builder.nodes
        text = builder.text
        documents = builder.documents
        firstNodes = builder.firstNodes
        isComplete = loaded.isComplete && !builder.gaveUp
    }

    /// The node that an alias stands for, or the node itself.
    @inline(__always)
    func resolved(_ index: NodeIndex) -> NodeIndex {
        let node = nodes[Int(index)]
        return node.kind == .alias ? node.start : index
    }

    @inline(__always)
    func kind(_ index: NodeIndex) -> YAMLNode.Kind { nodes[Int(index)].kind }

    /// The text of a scalar.
    func string(_ index: NodeIndex) -> String {
        withBytes(index) { String(decoding: $0, as: UTF8.self) }
    }

    @inline(__always)
    func withBytes<Result>(_ index: NodeIndex, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let node = nodes[Int(index)]
        return text.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[Int(node.start)..<Int(node.start + node.count)]))
        }
    }

    /// The nodes of a subtree, aliases counted with what they stand for. Bounded, since every file's is.
    func expandedSize(_ index: NodeIndex) -> Int {
        var size = 1
        var child = index + 1
        while child < nodes[Int(index)].end {
            size += expandedSize(resolved(child))
            child = nodes[Int(child)].end
        }
        return size
    }

    /// The file that a node was read from, as an index into `files`.
    func file(of index: NodeIndex) -> Int {
        var low = 0
        var high = firstNodes.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if firstNodes[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }

    func range(_ index: NodeIndex) -> SourceRange {
        let node = nodes[Int(index)]
        return SourceRange(file: files[file(of: index)].name, line: Int(node.line) + 1, column: Int(node.column) + 1)
    }
}
