import AsyncHTTPClient
import FleetModel
import NIOCore
import NIOPosix
import NIOSSL
import SystemPackage

/// Why something did not come from the web.
struct WebFailure: Error {
    enum Kind {
        /// Another attempt would end in the same way.
        case final
        /// Another attempt may succeed; the server may have said after how many seconds.
        case passing(after: Int?)
    }

    var kind: Kind
    var text: String
    var advice: String?

    init(_ kind: Kind, _ text: String, advice: String? = nil) {
        self.kind = kind
        self.text = text
        self.advice = advice
    }

    /// What the client library threw.
    init(_ error: any Error, host: String, _ web: WebSettings) {
        switch error {
        case let error as WebFailure: self = error
        case let error as NIOConnectionError: self.init(connecting: error)
        case let error as HTTPClientError: self.init(error)
        case let error as NIOSSLError: self.init(error, host: host, web)
        case is NIOSSLExtraError, is BoringSSLError:
            self.init(.final, "\(host) has no TLS certificate for that name", advice: Self.certificateAdvice(host))
        case let error as IOError: self.init(.passing(after: nil), "the connection broke: \(Self.words(error))")
        default: self.init(.passing(after: nil), "the connection broke: \(error)")
        }
    }

    private init(connecting error: NIOConnectionError) {
        let place = "\(error.host), port \(error.port)"
        if error.connectionErrors.isEmpty {
            self.init(
                .passing(after: nil), "the name \(error.host) cannot be resolved",
                advice: "check the name, and the host's DNS")
        } else {
            let first = error.connectionErrors[0].error
            let words = (first as? IOError).map(Self.words) ?? "\(first)"
            self.init(.passing(after: nil), "cannot connect to \(place): \(words)")
        }
    }

    private init(_ error: HTTPClientError) {
        switch error {
        case .proxyAuthenticationRequired:
            self.init(
                .final, "the proxy asks for a password",
                advice: "write it into the proxy's URL: http://user:password@host:port")
        case .invalidProxyResponse:
            self.init(
                .final, "the proxy does not connect to that port",
                advice: "let the proxy allow CONNECT to it, or name the host in no_proxy")
        case .readTimeout: self.init(.passing(after: nil), "nothing came any more")
        case .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .deadlineExceeded:
            self.init(.passing(after: nil), "it did not answer in time")
        default: self.init(.passing(after: nil), "the connection broke: \(error.shortDescription)")
        }
    }

    private init(_ error: NIOSSLError, host: String, _ web: WebSettings) {
        switch error {
        case .handshakeFailed(.sslError):
            self.init(
                .final,
                "the TLS certificate of \(host) is not accepted: it has expired, or is not by an authority that is known here",
                advice: Self.certificateAdvice(host))
        case .noSuchFilesystemObject, .failedToLoadCertificate:
            self.init(
                .final, "the certificates in \(web.certificates ?? "the system's folder") cannot be read",
                advice: "let SSL_CERT_FILE name a file of certificates in PEM, or none")
        default: self.init(.passing(after: nil), "the TLS connection broke: \(error)")
        }
    }

    private static func certificateAdvice(_ host: String) -> String {
        "look at it with openssl s_client -connect \(host):443; where the authority is your own, name the file of its "
            + "certificate in SSL_CERT_FILE"
    }

    private static func words(_ error: IOError) -> String { "\(Errno(rawValue: error.errnoCode))" }
}
