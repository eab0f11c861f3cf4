/// A length of time as manifests write it: `500ms`, `30s`, `5m`, `1h`, `7d`. Whole milliseconds, never negative.
public struct Timespan: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func seconds(_ count: Int64) -> Timespan { Timespan(milliseconds: count * 1_000) }

    public static func < (a: Timespan, b: Timespan) -> Bool { a.milliseconds < b.milliseconds }

    static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads a duration such as `30s`. Nil where there is no number, no unit or an unknown one.
    public init?(parsing text: String) {
        guard let quantity = Quantity(parsing: text),
            let unit = Self.units.first(where: { $0.name == quantity.unit }),
            let value = quantity.scaled(by: unit.milliseconds)
        else { return nil }
        milliseconds = value
    }

    /// The same in the standard library's terms, for sleeping and for deadlines.
    public var duration: Duration { .milliseconds(milliseconds) }

    /// Whole seconds, rounded up.
    public var wholeSeconds: Int64 { (milliseconds + 999) / 1_000 }
}

extension Timespan: CustomStringConvertible {
    public var description: String {
        guard milliseconds > 0 else { return "0s" }
        let unit = Self.units.last { milliseconds % $0.milliseconds == 0 } ?? Self.units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}

extension Timespan: Codable {
    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}
