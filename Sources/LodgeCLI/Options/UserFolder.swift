/// Lodge's folder among those of the user who runs this (XDG Base Directory Specification 0.8); nil: the environment
/// names none.
///
/// - Parameters:
///   - variable: such as `XDG_CACHE_HOME`.
///   - fallback: where it is in the home folder, such as `.cache`.
func userFolder(_ variable: String, else fallback: String, _ environment: [String: String]) -> String? {
    if let folder = environment[variable], folder.hasPrefix("/") { return "\(folder)/lodge" }
    if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/\(fallback)/lodge" }
    return nil
}
