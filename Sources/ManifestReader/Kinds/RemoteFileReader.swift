import FleetModel

/// Reads URLs of files that hosts fetch.
struct RemoteFileReader {
    let values: ValueReader

    /// As long as servers take them (RFC 9110, section 4.1, recommends 8000).
    private static let length = 8000

    /// True where the node is meant to be a URL of the web.
    func isRemote(_ node: NodeIndex) -> Bool {
        let start = values.tree.string(node).prefix(8).lowercased()
        return start.hasPrefix("http://") || start.hasPrefix("https://")
    }

    /// - Returns: nil where it is no URL that can be fetched, which is reported without its password.
    func file(_ node: NodeIndex) -> RemoteFile? {
        guard let text = values.string(node) else { return nil }
        let file = RemoteFile(url: text)
        guard text.utf8.count <= Self.length else {
            return values.invalid(
                node, "too long for a URL", help: "write at most \(Self.length) characters", text: file.description)
        }
        // RFC 3986, section 2: all else is written with percent signs.
        guard text.unicodeScalars.allSatisfy({ 0x21...0x7E ~= $0.value && !"\"<>\\^`{|}".unicodeScalars.contains($0) })
        else {
            return values.invalid(
                node, "no URL: it has characters that a URL does not have",
                help: "write them with a percent sign and two hexadecimal digits each, such as %20 for a space",
                text: file.description)
        }
        guard !file.host.isEmpty, !file.name.isEmpty, file.hasValidPort else {
            return values.invalid(
                node, "no URL of a file",
                help: "write https://HOST/PATH/FILE, such as https://example.org/debian.qcow2",
                text: file.description)
        }
        return file
    }
}

extension RemoteFile {
    /// True where no port is written, or one from 1 to 65535.
    fileprivate var hasValidPort: Bool {
        let rest = withoutCredentials.url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        guard let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") else { return true }
        return Int(rest[rest.index(after: colon)...]).map { 1...65_535 ~= $0 } ?? false
    }
}
