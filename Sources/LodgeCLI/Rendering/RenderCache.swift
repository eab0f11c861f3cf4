import FleetModel
import HostAgent

/// The files in hosts' caches: one line each.
func renderCache(_ view: CacheView, style: TextStyle) -> String {
    var table = TextTable([
        .init(title: "HOST"), .init(title: "IMAGE"), .init(title: "DIGEST"), .init(title: "FORMAT"),
        .init(title: "ON DISK", isNumeric: true), .init(title: "DISK SIZE", isNumeric: true),
        .init(title: "GUESTS", isNumeric: true),
    ])
    for (host, entries) in view.found {
        for entry in entries {
            table.add([
                .init(host.text), .init(entry.names, entry.isUsed ? .plain : .faint), .init(entry.file.digest.short),
                .init(entry.file.format?.rawValue ?? "part"), .init(entry.file.allocated.rounded),
                .init(entry.file.virtualSize?.description ?? "-"), .init("\(entry.guests)"),
            ])
        }
    }
    var text = ""
    if table.isEmpty { return "There is nothing in the cache.\n" }
    table.write(to: &text, indent: 0, style: style)
    return text
}

/// The same as one JSON object, by host.
func renderCacheJSON(_ view: CacheView) -> String {
    let hosts = Dictionary(uniqueKeysWithValues: view.found.map { ($0.host, $0.entries.map(CacheEntryDocument.init)) })
    return String(decoding: CanonicalJSON.bytes(of: hosts), as: UTF8.self) + "\n"
}

/// A cached file in JSON; sizes are in bytes.
struct CacheEntryDocument: Encodable {
    let digest: Digest
    let format: String?
    let size, allocated: ByteCount
    let virtualSize: ByteCount?
    let images: [CacheView.Claim]
    let guests: Int
    let isPart, isBusy: Bool

    init(_ entry: CacheView.Entry) {
        digest = entry.file.digest
        format = entry.file.format?.rawValue
        (size, allocated, virtualSize) = (entry.file.size, entry.file.allocated, entry.file.virtualSize)
        (images, guests) = (entry.images, entry.guests)
        (isPart, isBusy) = (entry.file.format == nil, entry.file.isBusy)
    }

    enum CodingKeys: String, CodingKey {
        case digest, format, size, allocated, images, guests
        case virtualSize = "virtual_size"
        case isPart = "part"
        case isBusy = "busy"
    }
}

extension CacheView {
    /// The hosts that could be looked at, by name.
    var found: [(host: Name, entries: [Entry])] {
        hosts.compactMap { name, outcome in (try? outcome.get()).map { (name, $0) } }.sorted { $0.host < $1.host }
    }
}

extension CacheView.Entry {
    /// `FLEET/NAME`, or what it is to those who look for a name.
    var names: String {
        if !images.isEmpty { return images.map { "\($0.fleet)/\($0.name)" }.joined(separator: ", ") }
        if guests > 0 { return "-" }
        return file.isBusy ? "(on its way)" : file.format == nil ? "(cut off)" : "(unused)"
    }
}
