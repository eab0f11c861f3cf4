/// How the web is reached: what the environment of the command line says, in the names that other programs know.
public struct WebSettings: Codable, Hashable, Sendable {
    /// The proxies' URLs, or `HOST:PORT`; nil: none.
    public var httpProxy: String?
    public var httpsProxy: String?
    /// Hosts that are reached without a proxy: names, which stand for what is below them too, addresses, and `*`.
    public var noProxy: [String] = []
    /// A file of certificates of authorities, in PEM; nil: the system's.
    public var certificates: String?

    public init() {}

    public init(environment: [String: String]) {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        httpProxy = value("http_proxy", "HTTP_PROXY")
        httpsProxy = value("https_proxy", "HTTPS_PROXY")
        noProxy = (value("no_proxy", "NO_PROXY") ?? "").split { $0 == "," || $0 == " " }.map(String.init)
        certificates = value("SSL_CERT_FILE")
    }

    /// The proxy for a file; nil: it is fetched directly.
    public func proxy(for file: RemoteFile) -> String? {
        let host = file.host
        let isDirect = noProxy.contains { entry in
            var name = entry.lowercased()
            if name == "*" { return true }
            while name.hasPrefix(".") { name.removeFirst() }
            return !name.isEmpty && (host == name || host.hasSuffix("." + name))
        }
        return isDirect ? nil : file.isEncrypted ? httpsProxy : httpProxy
    }
}
