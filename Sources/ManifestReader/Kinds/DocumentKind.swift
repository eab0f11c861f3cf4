/// The kinds of documents.
enum DocumentKind: String, CaseIterable {
    case fleet = "Fleet"
    case host = "Host"
    case network = "Network"
    case image = "Image"
    case guest = "Guest"
    case guestSet = "GuestSet"
    case profile = "Profile"

    static var names: [String] { allCases.map(\.rawValue) }

    /// What diagnostics call an object of the kind.
    var noun: String { self == .guestSet ? "guest set" : rawValue.lowercased() }
}
