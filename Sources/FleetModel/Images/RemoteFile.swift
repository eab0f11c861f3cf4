/// A file on the web.
public struct RemoteFile: Codable, Hashable, Sendable {
    /// Absolute, `http:` or `https:`; perhaps with a user and a password before the host.
    public var url: String

    public init(url: String) { self.url = url }

    /// What stands between `//` and the path: `user:password@host:port`.
    private var authority: Range<String.Index> {
        guard let start = url.range(of: "://")?.upperBound else { return url.startIndex..<url.startIndex }
        let end = url[start...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        return start..<end
    }

    /// The user, and behind a colon the password, as they are written; nil: there are none.
    public var credentials: String? {
        url[authority].lastIndex(of: "@").map { String(url[authority.lowerBound..<$0]) }
    }

    public var withoutCredentials: RemoteFile {
        guard let at = url[authority].lastIndex(of: "@") else { return self }
        return RemoteFile(url: String(url[..<authority.lowerBound] + url[url.index(after: at)...]))
    }

    /// In lower case, and without the brackets around an address of IPv6.
    public var host: String {
        let text = withoutCredentials
        var host = text.url[text.authority]
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            return String(host[host.index(after: host.startIndex)..<end])
        }
        if let colon = host.lastIndex(of: ":") { host = host[..<colon] }
        return host.lowercased()
    }

    /// As it is written; nil: none is, or it is no number.
    public var port: Int? {
        let text = withoutCredentials
        let place = text.url[text.authority]
        guard let colon = place.lastIndex(of: ":"), !place[colon...].contains("]") else { return nil }
        return Int(place[place.index(after: colon)...])
    }

    /// The same with a user and a password.
    public func adding(_ credentials: String?) -> RemoteFile {
        guard let credentials else { return self }
        return RemoteFile(url: "\(url[..<authority.lowerBound])\(credentials)@\(url[authority.lowerBound...])")
    }

    public var isEncrypted: Bool { url.lowercased().hasPrefix("https:") }

    /// The last part of the path.
    public var name: String {
        let path = url[authority.upperBound...].prefix { $0 != "?" && $0 != "#" }
        return path.split(separator: "/").last.map(String.init) ?? ""
    }
}

extension RemoteFile: CustomStringConvertible {
    /// For people: without what gives access, which may also be in the query.
    public var description: String {
        let text = withoutCredentials.url.prefix { $0 != "#" }
        guard let query = text.firstIndex(of: "?") else { return String(text) }
        return text[..<query] + "?…"
    }
}

extension String {
    /// The first place of a text, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
