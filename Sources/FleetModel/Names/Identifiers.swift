/// A guest's or a network's identity on its host: 12 lower-case hexadecimal digits. It is drawn from fleet and
/// name when the object is made, kept in its definition, and outlives a rename: run folder, interface names,
/// MAC addresses and derived IP addresses come from it.
public struct ObjectID: TextCoded, Comparable {
    public let text: String

    public init?(parsing text: String) {
        guard isLowerHex(text, count: 12) else { return nil }
        self.text = text
    }

    /// The `attempt`-th id of the fixed sequence that a new object may take; 0 is the first choice, the next is
    /// taken where another object (one renamed, say) holds it already.
    public init(kind: Kind, fleet: Name, name: Name, attempt: Int = 0) {
        text = String(Digest(of: "lodge/\(kind.rawValue)/\(fleet)/\(name)/\(attempt)").text.prefix(12))
    }

    public static func < (a: ObjectID, b: ObjectID) -> Bool { a.text < b.text }

    public var description: String { text }
}

/// The identity of one state folder on one machine: 8 lower-case hexadecimal digits, made at its first use.
/// A second state folder on the same machine is a stranger.
public struct InstanceID: TextCoded {
    public let text: String

    public init?(parsing text: String) {
        guard isLowerHex(text, count: 8) else { return nil }
        self.text = text
    }

    public var description: String { text }
}

/// Who owns an object on a host: the fleet, within an instance. Only what bears our instance and our fleet is ours.
public struct Owner: Codable, Hashable, Sendable {
    public let instance: InstanceID
    public let fleet: Name

    public init(instance: InstanceID, fleet: Name) {
        self.instance = instance
        self.fleet = fleet
    }

    /// The mark on whatever the object is made of, such as an interface's alias: `lodge:<instance>/<fleet>/<kind>/<name>`.
    public func mark(_ kind: Kind, _ name: Name) -> String { "lodge:\(instance)/\(fleet)/\(kind.rawValue)/\(name)" }
}
