import FleetModel

/// Where an object's manifest sets each of its fields.
struct FieldOrigins {
    private let ranges: [String: SourceRange]
    /// Where the value of a field is from that the manifest does not set.
    private let source: SourceRange?

    init(_ guest: DesiredGuest) { self.init(guest.origins) }

    init(_ network: DesiredNetwork) { self.init(network.origins) }

    /// What an image is, is measured of its file, unless its manifest says it.
    init(_ image: DesiredImage) { self.init(image.origins, source: "source") }

    private init(_ origins: [FieldOrigin], source: String? = nil) {
        ranges = Dictionary(origins.map { ($0.path, $0.range) }, uniquingKeysWith: { _, last in last })
        self.source = source.flatMap { [ranges] in ranges[$0] }
    }

    /// A field of a disk or NIC that is not set itself is where the disk or NIC is, and one that went is where the
    /// list is.
    ///
    /// - Returns: nil where the new value is a default.
    func origin(of path: String) -> SourceRange? {
        if let range = ranges[path] { return range }
        guard path.hasPrefix("disks.") || path.hasPrefix("nics."), let dot = path.lastIndex(of: ".") else {
            return source
        }
        return origin(of: String(path[..<dot])) ?? ranges[String(path.prefix { $0 != "." })]
    }
}
