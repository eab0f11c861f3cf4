/// The children of a list, aliases resolved.
struct YAMLElements: Sequence, IteratorProtocol {
    private let tree: YAMLTree
    private var index: NodeIndex
    private let end: NodeIndex

    init(_ tree: YAMLTree, of list: NodeIndex) {
        self.tree = tree
        index = list + 1
        end = tree.nodes[Int(list)].end
    }

    private init(_ tree: YAMLTree) {
        self.tree = tree
        index = 0
        end = 0
    }

    /// No children.
    static func none(_ tree: YAMLTree) -> YAMLElements { YAMLElements(tree) }

    mutating func next() -> NodeIndex? {
        guard index < end else { return nil }
        let element = index
        index = tree.nodes[Int(index)].end
        return tree.resolved(element)
    }
}
