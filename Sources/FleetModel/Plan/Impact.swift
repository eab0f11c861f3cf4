/// What a change does to what is running, from least to most.
public enum Impact: String, Codable, Sendable, CaseIterable, Comparable {
    /// No interruption.
    case live
    /// The guest's system restarts.
    case restart
    /// New root disk; data disks, MAC and IP addresses are kept.
    case replace
    /// Data is lost.
    case destroy

    public static func < (a: Impact, b: Impact) -> Bool {
        allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
}
