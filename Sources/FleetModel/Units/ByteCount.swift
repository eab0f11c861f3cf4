/// An amount of memory or disk, in bytes. Never negative when it comes from a manifest or a host.
///
/// Written in manifests with a unit that says which thousand is meant: `512MiB` and `2GiB` are powers of two,
/// `20G` and `500MB` powers of ten. A bare number is refused, so that nobody has to guess.
public struct ByteCount: Hashable, Comparable, Sendable {
    public var bytes: Int64

    public init(bytes: Int64) { self.bytes = bytes }

    public static let zero = ByteCount(bytes: 0)

    public static func kib(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 10) }
    public static func mib(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 20) }
    public static func gib(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 30) }

    public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }
    public static func + (a: ByteCount, b: ByteCount) -> ByteCount { ByteCount(bytes: a.bytes + b.bytes) }
    public static func - (a: ByteCount, b: ByteCount) -> ByteCount { ByteCount(bytes: a.bytes - b.bytes) }
    public static func += (a: inout ByteCount, b: ByteCount) { a = a + b }
    public static func -= (a: inout ByteCount, b: ByteCount) { a = a - b }

    /// The units that a manifest may use, with the bytes in one of each. IEC 80000-13 for the binary ones.
    static let units: [(name: String, bytes: Int64)] = [
        ("B", 1),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("PiB", 1 << 50),
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50),
        ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("PB", 1_000_000_000_000_000),
        ("k", 1_000), ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
        ("P", 1_000_000_000_000_000),
    ]

    /// Reads a quantity such as `512MiB` or `1.5GiB`.
    ///
    /// - Returns: nil where the text has no number, no unit, an unknown unit, a sign, or a value that is not a
    ///   whole number of bytes or exceeds 8 EiB.
    public init?(parsing text: String) {
        guard let quantity = Quantity(parsing: text),
            let unit = Self.units.first(where: { $0.name == quantity.unit }),
            let bytes = quantity.scaled(by: unit.bytes)
        else { return nil }
        self.bytes = bytes
    }
}

extension ByteCount: CustomStringConvertible {
    /// The largest binary unit that leaves at most two decimals: `512MiB`, `1.5GiB`, `123B`.
    public var description: String {
        for (name, size) in [("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] as [(String, Int64)] {
            let unit = Int64(1) << size
            guard bytes.magnitude >= unit.magnitude else { continue }
            if bytes % unit == 0 { return "\(bytes / unit)\(name)" }
            let (scaled, overflow) = bytes.multipliedReportingOverflow(by: 100)
            guard !overflow, scaled % unit == 0 else { continue }
            let hundredths = scaled / unit
            let fraction = hundredths.magnitude % 100
            let digits = fraction % 10 == 0 ? "\(fraction / 10)" : fraction < 10 ? "0\(fraction)" : "\(fraction)"
            return "\(hundredths / 100).\(digits)\(name)"
        }
        return "\(bytes)B"
    }

    /// For people, where an exact figure would distract: one decimal at most, such as `22.4GiB`.
    public var rounded: String {
        for (name, size) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] as [(String, Int64)] {
            let unit = Int64(1) << size
            guard bytes.magnitude >= unit.magnitude else { continue }
            let tenths = bytes / (unit / 10)
            return tenths % 10 == 0 ? "\(tenths / 10)\(name)" : "\(tenths / 10).\((tenths % 10).magnitude)\(name)"
        }
        return "\(bytes)B"
    }
}

extension ByteCount: Codable {
    public init(from decoder: any Decoder) throws {
        bytes = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}
