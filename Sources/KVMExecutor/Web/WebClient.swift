import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import NIOCore
import NIOSSL

/// Gets files from the web: through proxies, with the certificates that are wanted, wherever redirects lead.
struct WebClient: Sendable {
    let web: WebSettings

    private static let redirects = 10
    private static let connectTimeout = TimeAmount.seconds(20)
    /// Without a byte for so long, a connection is given up.
    private static let readTimeout = TimeAmount.seconds(30)

    /// Asks for a file, and hands over the answer, which is at an end when `body` is.
    func get(
        _ file: RemoteFile, headers: [(name: String, value: String)],
        _ body: (WebResponse) async throws -> Void
    ) async throws(WebFailure) {
        var place = file
        for _ in 0...Self.redirects {
            guard let next = try await step(to: place, headers, body) else { return }
            guard next.isEncrypted || !place.isEncrypted else {
                throw WebFailure(
                    .final, "it is redirected from https to \(next), which is not encrypted",
                    advice: "name the URL that it is to be fetched from")
            }
            // What is meant for one server is not sent to another.
            place = next.isSameServer(as: place) && next.credentials == nil ? next.adding(place.credentials) : next
        }
        throw WebFailure(
            .final, "it is redirected more than \(Self.redirects) times, last to \(place)",
            advice: "name the URL that it is to be fetched from")
    }

    /// - Returns: where it is redirected to; nil: `body` got the answer.
    private func step(
        to place: RemoteFile, _ headers: [(name: String, value: String)], _ body: (WebResponse) async throws -> Void
    ) async throws(WebFailure) -> RemoteFile? {
        let client = HTTPClient(configuration: try configuration(for: place))
        var request = HTTPClientRequest(url: place.withoutCredentials.url)
        // The bytes are wanted as they lie there, since their digest is known.
        request.headers.add(name: "accept-encoding", value: "identity")
        request.headers.add(name: "user-agent", value: "lodge")
        if let credentials = place.credentials {
            request.headers.add(name: "authorization", value: Self.authorization(credentials).headerValue)
        }
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        do {
            let response = WebResponse(try await client.execute(request, deadline: .distantFuture))
            let next =
                [301, 302, 303, 307, 308].contains(response.status) ? try redirection(response, from: place) : nil
            if next == nil { try await body(response) }
            try? await client.shutdown()
            return next
        } catch {
            try? await client.shutdown()
            throw WebFailure(error, host: place.host, web)
        }
    }

    private func redirection(_ response: WebResponse, from place: RemoteFile) throws(WebFailure) -> RemoteFile {
        guard let location = response.location,
            let url = URL(string: location, relativeTo: URL(string: place.withoutCredentials.url))?.absoluteString,
            url.hasPrefix("http://") || url.hasPrefix("https://")
        else { throw WebFailure(.final, "it is redirected to nowhere that can be fetched from") }
        return RemoteFile(url: url)
    }

    private func configuration(for file: RemoteFile) throws(WebFailure) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(connect: Self.connectTimeout, read: Self.readTimeout)
        configuration.connectionPool.retryConnectionEstablishment = false
        if let path = web.certificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(path)
            configuration.tlsConfiguration = tls
        }
        if let proxy = web.proxy(for: file) { configuration.proxy = try Self.proxy(proxy) }
        return configuration
    }

    /// From the form that other programs take: `http://user:password@host:port`, or the like with less.
    private static func proxy(_ text: String) throws(WebFailure) -> HTTPClient.Configuration.Proxy {
        let proxy = RemoteFile(url: text.contains("://") ? text : "http://" + text)
        guard proxy.url.lowercased().hasPrefix("http://"), !proxy.host.isEmpty, let port = proxy.port else {
            throw WebFailure(
                .final, "the proxy \(proxy) cannot be used",
                advice: "write it as http://HOST:PORT into http_proxy and https_proxy")
        }
        return .server(host: proxy.host, port: port, authorization: proxy.credentials.map(authorization))
    }

    private static func authorization(_ credentials: String) -> HTTPClient.Authorization {
        let parts = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map { Self.decoded($0) }
        return .basic(username: parts[0], password: parts.count > 1 ? parts[1] : "")
    }

    /// With bytes in place of percent signs and two digits (RFC 3986, section 2.1).
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.first {
            if byte == 0x25, let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension RemoteFile {
    /// True where scheme, host and port are the same (RFC 6454, section 5); a port that is not written is the scheme's.
    func isSameServer(as other: RemoteFile) -> Bool {
        let (ours, theirs) = (port ?? schemePort, other.port ?? other.schemePort)
        return isEncrypted == other.isEncrypted && host.lowercased() == other.host.lowercased() && ours == theirs
    }

    private var schemePort: Int { isEncrypted ? 443 : 80 }
}
