/// A sensitive field that Lodge does not know how to keep out of a file.
public struct UnknownSensitiveField: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String

    public var description: String { "the sensitive field \(path) cannot be kept out of a plan file" }
}

extension GuestSpec {
    /// The spec with the text of each of the fields replaced; a field that is not set stays so.
    ///
    /// - Parameter paths: as in ``GuestSpec/secrets``.
    func replacingTexts(
        at paths: Set<String>, _ replace: (String) throws(UnknownSensitiveField) -> String
    ) throws(UnknownSensitiveField) -> GuestSpec {
        guard !paths.isEmpty else { return self }
        var spec = self
        for path in paths.sorted() { try spec.replaceText(at: path, replace) }
        return spec
    }

    private mutating func replaceText(
        at path: String, _ replace: (String) throws(UnknownSensitiveField) -> String
    ) throws(UnknownSensitiveField) {
        switch path {
        case "cloudInit.userData":
            if let text = cloudInit?.userData { cloudInit?.userData = try replace(text) }
        case "cloudInit.hostname":
            if let text = cloudInit?.hostname { cloudInit?.hostname = try replace(text) }
        case "boot.cmdline":
            if let text = boot?.cmdline { boot?.cmdline = try replace(text) }
        case _ where path.hasPrefix("labels."):
            let key = String(path.dropFirst("labels.".count))
            if let text = labels[key] { labels[key] = try replace(text) }
        default: throw UnknownSensitiveField(path: path)
        }
    }
}
