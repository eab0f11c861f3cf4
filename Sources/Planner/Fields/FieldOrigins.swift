import FleetModel

/// Where a guest's manifest sets each of its fields.
struct FieldOrigins {
    private let ranges: [String: SourceRange]

    init(_ guest: DesiredGuest) {
        ranges = Dictionary(guest.origins.map { ($0.path, $0.range) }, uniquingKeysWith: { _, last in last })
    }

    /// A field of a disk or NIC that is not set itself is where the disk or NIC is, and one that went is where the
    /// list is.
    ///
    /// - Returns: nil where the new value is a default.
    func origin(of path: String) -> SourceRange? {
        if let range = ranges[path] { return range }
        guard path.hasPrefix("disks.") || path.hasPrefix("nics."), let dot = path.lastIndex(of: ".") else { return nil }
        return origin(of: String(path[..<dot])) ?? ranges[String(path.prefix { $0 != "." })]
    }
}
