import Glibc
import HostSystem
import Testing

/// An image, or a server of one, that somebody made to do harm or that went bad: the table of docs/images.md.
struct HostileImage: Sendable, CustomTestStringConvertible {
    /// As in the table's first column.
    let name: String
    /// Makes it, and says what a manifest says of it.
    let make: @Sendable (Lab, WebServer) async throws -> WebImage
    /// What the apply says.
    let words: [String]
    /// The size of the disk that is to be made from it.
    var disk = "16MiB"
    /// The size of the file system that the state folder lies on; nil: it has room.
    var space: String?
    /// True: what came of it is kept for the next time.
    var isKept = false
    var isEncrypted = false

    var testDescription: String { name }
}

extension HostileImage {
    static let files = [
        HostileImage(
            name: "another digest",
            make: { _, server in
                try await server.makeImage("base.qcow2")
                return WebImage(url: server.url("base.qcow2"), digest: String(repeating: "0", count: 64))
            }, words: ["its SHA-256 is", "000000000000", "replaced by a newer one"]),
        HostileImage(
            name: "a truncated file",
            make: { _, server in
                let bytes = try Files.read(try await server.makeImage("base.qcow2"))
                return try server.image("cut.qcow2", Array(bytes[..<40_000]))
            }, words: ["the image is truncated"]),
        HostileImage(
            name: "a backing file",
            make: { _, server in
                try await server.create("backing.qcow2", ["-b", "/etc/shadow", "-F", "raw", "-u"], size: "8M")
            }, words: ["depends on a backing file", "qemu-img convert"]),
        HostileImage(
            name: "an external data file",
            make: { lab, server in
                try await server.create("external.qcow2", ["-o", "data_file=\(lab.folder)/victim"], size: "8M")
            }, words: ["keeps its data in an external file"]),
        HostileImage(
            name: "an external data file in an extension",
            make: { lab, server in
                _ = try await server.create("hidden.qcow2", ["-o", "data_file=\(lab.folder)/victim"], size: "8M")
                var bytes = try Files.read("\(server.folder)/hidden.qcow2")
                // The incompatible feature bit 2 (docs/interop/qcow2.txt).
                bytes[79] &= ~0b100
                return try server.image("hidden.qcow2", bytes)
            }, words: ["names an external data file"]),
        HostileImage(
            name: "encryption",
            make: { _, server in
                try await server.create(
                    "luks.qcow2",
                    [
                        "--object", "secret,id=s,data=x", "-o",
                        "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10",
                    ], size: "8M")
            }, words: ["the image is encrypted"]),
        HostileImage(
            name: "another format",
            make: { _, server in
                try server.image("raw.qcow2", [UInt8](repeating: 7, count: 1 << 20))
            }, words: ["is in raw format, not qcow2", "format: raw"]),
        HostileImage(
            name: "an archive",
            make: { lab, server in
                try await lab.execute("tar", "-C", "/usr/share", "-cJf", "\(server.folder)/a.raw.xz", "base-files")
                return try server.image("a.raw.xz")
            }, words: ["an archive of tar"], disk: "1GiB"),
        HostileImage(
            name: "10 TB",
            make: { _, server in
                try await server.create("huge.qcow2", [], size: "10T")
            }, words: ["describes a disk of 10TiB", "at least 10TiB"]),
        HostileImage(
            name: "10 TB, compressed",
            make: { lab, server in
                _ = try await server.create("huge.qcow2", [], size: "10T")
                try await lab.execute("gzip", "\(server.folder)/huge.qcow2")
                return try server.image("huge.qcow2.gz")
            }, words: ["describes a disk of 10TiB"]),
        HostileImage(
            name: "a damaged xz",
            make: { lab, server in
                try await server.makeImage("base.qcow2")
                try await lab.execute("xz", "-0", "\(server.folder)/base.qcow2")
                var bytes = try Files.read("\(server.folder)/base.qcow2.xz")
                for index in 500_000..<500_100 { bytes[index] ^= 0xFF }
                return try server.image("bad.qcow2.xz", bytes)
            }, words: ["cannot be unpacked", "xz -t"]),
        HostileImage(
            name: "an xz that unpacks to more than its disk",
            make: { lab, server in
                try await lab.execute("sh", "-c", "head -c 400M /dev/zero | xz -0 > \(server.folder)/bomb.raw.xz")
                return try server.image("bomb.raw.xz")
            }, words: ["unpacks to more than 16MiB"]),
        HostileImage(
            name: "an xz that unpacks to more than there is room for",
            make: { lab, server in
                try await lab.execute("sh", "-c", "yes lodge | head -c 100M | xz -0 > \(server.folder)/bomb.raw.xz")
                return try server.image("bomb.raw.xz")
            }, words: ["free some space"], disk: "1GiB", space: "32m"),
    ]

    static let servers = [
        HostileImage(
            name: "no length, and no room",
            make: { _, server in
                try server.image("big.raw", [UInt8](repeating: 7, count: 12 << 20), path: "chunked/big.raw")
            }, words: ["No space left on device"], space: "8m"),
        HostileImage(
            name: "more than there is room for",
            make: { _, server in
                try server.image("big.raw", [UInt8](repeating: 7, count: 12 << 20))
            }, words: ["it takes 12MiB", "are free at"], space: "8m"),
        HostileImage(
            name: "connections that are cut at once",
            make: { _, server in
                try server.image("a.raw", [UInt8](repeating: 7, count: 1 << 20), path: "cut/0/a.raw")
            }, words: ["the connection broke", "5 times in a row"]),
        HostileImage(
            name: "connections that are cut at the same place",
            make: { _, server in
                try server.image("a.raw", [UInt8](repeating: 7, count: 1 << 20), path: "lie/2000000/a.raw")
            }, words: ["the connection broke", "5 times in a row", "were fetched, and are kept"], isKept: true),
        HostileImage(
            name: "a length that is too small",
            make: { _, server in
                try server.image("a.raw", [UInt8](repeating: 7, count: 1 << 20), path: "lie/1000/a.raw")
            }, words: ["its SHA-256 is"]),
        HostileImage(
            name: "a length that is absurd",
            make: { _, server in
                try server.image("a.raw", [UInt8](repeating: 7, count: 1 << 20), path: "lie/900000000000000/a.raw")
            }, words: ["its length is 818.5TiB", "no image of a disk as small"]),
        HostileImage(
            name: "the largest length that there is",
            make: { _, server in
                try server.image("a.raw", [UInt8](repeating: 7, count: 1 << 20), path: "lie/\(Int64.max)/a.raw")
            }, words: ["its length is 1024TiB", "no image of a disk as small"]),
        HostileImage(
            name: "more than its disk has, of unknown length",
            make: { _, server in
                try server.image("a.raw", [UInt8](repeating: 7, count: 40 << 20), path: "chunked/a.raw")
            }, words: ["it has sent 32MiB", "no image of a disk as small"]),
        HostileImage(
            name: "a server that asks for an hour",
            make: { _, server in
                try server.image("a.raw", [7], path: "later/3600/a.raw")
            }, words: ["status 503, and asks to wait for 3600 s", "try again after that"]),
        HostileImage(
            name: "a server that is overloaded",
            make: { _, server in
                try server.image("a.raw", [7], path: "status/503/a.raw")
            }, words: ["status 503", "5 times in a row"]),
        HostileImage(
            name: "nothing there",
            make: { _, server in
                try server.image("a.raw", [7], path: "status/404/a.raw")
            }, words: ["status 404", "check the URL"]),
        HostileImage(
            name: "no access",
            make: { _, server in
                try server.image("a.raw", [7], path: "status/403/a.raw")
            }, words: ["status 403", "user and password"]),
        HostileImage(
            name: "a loop of redirections",
            make: { _, server in
                try server.image("a.raw", [7], path: "loop/a.raw")
            }, words: ["redirected more than 10 times"]),
        HostileImage(
            name: "a certificate of nobody known",
            make: { _, server in
                try server.image("a.raw", [7])
            }, words: ["TLS certificate of 127.0.0.1 is not accepted", "SSL_CERT_FILE"], isEncrypted: true),
    ]
}

extension WebServer {
    /// Serves the bytes, or the file that is there, as an image.
    func image(_ name: String, _ bytes: [UInt8]? = nil, path: String? = nil) throws -> WebImage {
        if let bytes { try put(bytes, as: name) }
        return WebImage(url: url(path ?? name), digest: try digest(of: "\(folder)/\(name)"))
    }

    func create(_ name: String, _ options: [String], size: String) async throws -> WebImage {
        let path = "\(folder)/\(name)"
        try await Command.run(
            "qemu-img", ["create", "-q", "-f", "qcow2"] + options + [path, size], package: "qemu-utils")
        return try image(name)
    }
}
