/// The manifest of a guest, field by field: what a test edits between two applies.
struct GuestManifest: Sendable {
    /// Fields of `metadata` beside the name, and their values.
    var metadata: [String: String] = [:]
    /// Fields of `spec` and their values, each on a line.
    var fields: [String: String] = [:]
    /// The disks and NICs, each as what stands between its braces.
    var disks: [String] = []
    var nics: [String] = []
    /// Fields of `cloudInit` and their values; its user data is a script.
    var cloudInit: [String: String] = [:]
    var script = OpenGuest.script

    func guest(_ name: String) -> Fleet.Guest {
        var lines = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        lines += ["disks: [\(list(disks))]", "nics: [\(list(nics))]", "cloudInit:"]
        lines += cloudInit.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        lines += ["  userData: |"] + script.map { "    " + $0 }
        return Fleet.Guest(
            name: name, metadata: metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }, fields: lines)
    }

    private func list(_ elements: [String]) -> String { elements.map { "{\($0)}" }.joined(separator: ", ") }
}
