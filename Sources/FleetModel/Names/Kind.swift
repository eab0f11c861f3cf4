/// The kinds of objects that a manifest declares.
public enum Kind: String, Codable, Sendable, CaseIterable, Comparable {
    case fleet, host, network, image, guest

    public static func < (a: Kind, b: Kind) -> Bool {
        allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
}
