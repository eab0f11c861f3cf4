/// How much may flow in a second, as manifests write it: `100Mbit` for networks, `200MB/s` and `64MiB/s` for disks.
/// Whole bytes a second, above zero.
public struct DataRate: Hashable, Comparable, Sendable {
    public var bytesPerSecond: Int64

    public init(bytesPerSecond: Int64) { self.bytesPerSecond = bytesPerSecond }

    public static func megabits(_ count: Int64) -> DataRate { DataRate(bytesPerSecond: count * 125_000) }

    public static func < (a: DataRate, b: DataRate) -> Bool { a.bytesPerSecond < b.bytesPerSecond }

    /// Bits count in thousands alone, bytes in thousands or in powers of two.
    static let bitUnits: [(name: String, bytes: Int64)] = [
        ("kbit", 125), ("Mbit", 125_000), ("Gbit", 125_000_000),
    ]
    static let byteUnits: [(name: String, bytes: Int64)] = [
        ("kB/s", 1_000), ("KiB/s", 1 << 10), ("MB/s", 1_000_000), ("MiB/s", 1 << 20), ("GB/s", 1_000_000_000),
        ("GiB/s", 1 << 30),
    ]

    /// Reads a rate such as `100Mbit` or `200MB/s`. Nil where there is no number, no unit or an unknown one.
    public init?(parsing text: String) {
        guard let quantity = Quantity(parsing: text.replacing("/", with: "_")) else { return nil }
        let name = quantity.unit.replacing("_", with: "/")
        guard let unit = (Self.bitUnits + Self.byteUnits).first(where: { $0.name == name }),
            let value = quantity.scaled(by: unit.bytes), value > 0
        else { return nil }
        bytesPerSecond = value
    }

    /// In bits, as networks count.
    public var inBits: String {
        let unit = Self.bitUnits.last { bytesPerSecond % $0.bytes == 0 }
        return unit.map { "\(bytesPerSecond / $0.bytes)\($0.name)" } ?? "\(bytesPerSecond * 8)bit"
    }

    /// In bytes, as disks count.
    public var inBytes: String {
        let unit = Self.byteUnits.filter { bytesPerSecond % $0.bytes == 0 }.max { $0.bytes < $1.bytes }
        return unit.map { "\(bytesPerSecond / $0.bytes)\($0.name)" } ?? "\(bytesPerSecond)B/s"
    }
}

extension DataRate: Codable {
    public init(from decoder: any Decoder) throws {
        bytesPerSecond = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytesPerSecond)
    }
}
