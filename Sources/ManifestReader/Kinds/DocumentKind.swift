/// The kinds of documents. Those that are not built yet are known, to be told apart from misspelt ones.
enum DocumentKind: String, CaseIterable {
    case fleet = "Fleet"
    case host = "Host"
    case network = "Network"
    case image = "Image"
    case guest = "Guest"

    static let notYet = ["GuestSet", "Profile"]
    static var names: [String] { allCases.map(\.rawValue) }
}
