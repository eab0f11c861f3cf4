import FleetModel

/// The names of one kind's objects, with where they were declared.
struct NameTable {
    struct Entry {
        let name: Name
        let node: NodeIndex
        /// The object's place in its list; nil where it could not be read.
        var object: Int?
    }

    private(set) var entries: [Entry] = []
    private var places: [Name: Int] = [:]

    /// Names that are compared with a misspelt one at most: the effort is bounded, whatever the manifests have.
    private static let candidates = 1_000

    subscript(_ name: Name) -> Entry? { places[name].map { entries[$0] } }

    /// Takes a name.
    ///
    /// - Returns: the node of the object that has it already, or nil.
    mutating func declare(_ name: Name, at node: NodeIndex) -> NodeIndex? {
        if let place = places[name] { return entries[place].node }
        places[name] = entries.count
        entries.append(Entry(name: name, node: node))
        return nil
    }

    mutating func setObject(_ object: Int, of name: Name) {
        guard let place = places[name], entries[place].object == nil else { return }
        entries[place].object = object
    }

    func suggestion(for name: Name) -> String? {
        FleetModel.suggestion(for: name.text, among: entries.prefix(Self.candidates).map(\.name.text))
    }
}
