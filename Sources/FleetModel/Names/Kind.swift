/// The kinds of objects that a plan can be about: those that a manifest declares, and what an interrupted change left.
public enum Kind: String, Codable, Sendable, CaseIterable, Comparable {
    case fleet, host, network, image, guest
    /// Never declared: found on a host, and named by ``ResourceAddress/init(_:)-(Leftover)``.
    case leftover

    public static func < (a: Kind, b: Kind) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .fleet: 0
        case .host: 1
        case .network: 2
        case .image: 3
        case .guest: 4
        case .leftover: 5
        }
    }
}
