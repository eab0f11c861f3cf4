/// Which interface a request is about.
public enum LinkSelector: Hashable, Sendable, CustomStringConvertible {
    case index(InterfaceIndex)
    /// Its name, or one of its alternative names.
    case name(String)

    public var description: String {
        switch self {
        case .index(let index): index.description
        case .name(let name): name
        }
    }
}
