/// Why a file is not a plan that can be applied.
public enum PlanFileError: Error, Hashable, Sendable, CustomStringConvertible {
    case notAPlan
    /// Written by a later Lodge.
    case newer(version: Int, lodgeVersion: String)
    /// It ends in the middle.
    case truncated
    /// Its content is not what was written.
    case changed
    case malformed(String)

    /// What is wrong, to follow “PATH ”, and what to do.
    public var description: String {
        switch self {
        case .notAPlan:
            "is not a plan file of Lodge\n  to do: name a file that `lodge plan --out FILE` wrote; manifests are "
                + "named with -f"
        case .newer(let version, let lodgeVersion):
            "was written by Lodge \(lodgeVersion) in a newer format (version \(version), this Lodge knows "
                + "\(SavedPlan.Header.currentVersion))\n  to do: apply it with that version of Lodge, or plan again"
        case .truncated: "is cut off: it ends in the middle\n  to do: fetch it again, or plan again"
        case .changed:
            "was changed since it was written: its digest does not match\n"
                + "  to do: plan again; what is applied has to be what was reviewed"
        case .malformed(let what): "is not a plan that can be applied: \(what)\n  to do: plan again"
        }
    }
}
