import AsyncHTTPClient
import FleetModel
import NIOCore

/// What a server answered; header fields as in RFC 9110.
struct WebResponse {
    let status: Int
    let body: HTTPClientResponse.Body
    private let header: (String) -> String?

    init(_ response: HTTPClientResponse) {
        status = Int(response.status.code)
        body = response.body
        header = { response.headers.first(name: $0) }
    }

    /// Bytes of the body; nil: the server did not say. At most 1 PiB, so that whoever counts on stays far from the end of
    /// the integers.
    var length: Int64? { header("content-length").flatMap { Int64($0) }.map { min($0, 1 << 50) } }

    var location: String? { header("location") }

    /// How many seconds to wait before asking again.
    var retryAfter: Int? { header("retry-after").flatMap { Int($0) } }

    /// What `If-Range` takes to tell whether a later answer is of the same version: a strong entity tag, else a date.
    var validator: String? {
        if let tag = header("etag"), !tag.hasPrefix("W/") { return tag }
        return header("last-modified")
    }

    /// `bytes 100-199/200` or `bytes */200`: where a part begins, and how much there is of the whole.
    var range: (start: Int64?, total: Int64?) {
        guard let text = header("content-range"), text.lowercased().hasPrefix("bytes ") else { return (nil, nil) }
        let parts = text.dropFirst(6).split(separator: "/")
        let start = parts.first?.split(separator: "-").first.flatMap { Int64($0) }
        return (start, parts.count > 1 ? Int64(parts[1]) : nil)
    }
}
