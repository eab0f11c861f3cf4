import FleetModel
import Glibc
import HostSystem
import Testing

/// A web server in a lab, which serves the files of a folder, and goes wrong where a path asks for it:
/// Tests/WebServer/serve says how. It ends with the lab.
struct WebServer: Sendable {
    let folder: String
    let port: Int
    let scheme: String
    private let log: String

    /// One request that has ended.
    struct Request {
        var method, path, range: String
        var status: Int
        /// Of its body.
        var sent: Int64
    }

    static func start(in lab: Lab, certificate: (file: String, key: String)? = nil) async throws -> WebServer {
        let tag = String(UInt32.random(in: 0x1000...0xFFFF), radix: 16)
        let (folder, log, port) = ("\(lab.folder)/www", "\(lab.folder)/web-\(tag).log", "\(lab.folder)/web-\(tag).port")
        try Files.makeFolder(folder)
        let script = "\(TestGuests.root)/Tests/WebServer/serve"
        let files = certificate.map { [$0.file, $0.key] } ?? []
        _ = try DetachedProcess.start(
            try #require(Command.find("ip")),
            arguments: ["netns", "exec", lab.namespace, "python3", script, folder, log, port] + files,
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin"])
        #expect(await eventually { Files.exists(port) })
        return WebServer(
            folder: folder, port: try #require(Files.text(port).flatMap { Int($0) }),
            scheme: certificate == nil ? "http" : "https", log: log)
    }

    func url(_ path: String) -> String { "\(scheme)://127.0.0.1:\(port)/\(path)" }

    /// Those that have ended, in that order.
    var requests: [Request] {
        (Files.text(log) ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 5, let status = Int(words[3]), let sent = Int64(words[4]) else { return nil }
            return Request(method: words[0], path: words[1], range: words[2], status: status, sent: sent)
        }
    }

    /// Writes a file that it serves.
    @discardableResult
    func put(_ bytes: [UInt8], as name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try DurableFile.write(bytes, to: path)
        return path
    }
}

/// What a manifest says of an image on the web.
struct WebImage: Sendable {
    var name = "base"
    var url: String
    var digest: String?
    var format: String?

    var text: String {
        "apiVersion: lodge/v1\nkind: Image\nmetadata:\n  name: \(name)\nspec:\n  source: \"\(url)\"\n"
            + (digest.map { "  sha256: \"\($0)\"\n" } ?? "") + (format.map { "  format: \($0)\n" } ?? "")
    }
}

extension Lab {
    /// A fleet of guests that do not run, each with a disk from the image.
    func fleet(_ image: WebImage, guests: [String] = ["web"], disk: String = "16MiB") -> Fleet {
        var fleet = Fleet()
        fleet.images = [image.text]
        fleet.guests = guests.map {
            Fleet.alone($0, ["power: stopped", "disks: [{name: root, image: \(image.name), size: \(disk)}]"])
        }
        return fleet
    }

    /// The names in the cache, but for claims and the tiny guest's firmware.
    var cache: [String] {
        get throws { try Files.list(layout.cacheFolder).filter { $0 != "claims" && !$0.hasSuffix(".firmware") } }
    }
}

extension WebServer {
    /// Makes a qcow2 image of 8 MiB with so many bytes in it that do not get smaller, and serves it.
    ///
    /// - Returns: its path.
    @discardableResult
    func makeImage(_ name: String, content: Int = 1 << 20) async throws -> String {
        let raw = "\(folder)/\(name).content"
        defer { unlink(raw) }
        var generator = SystemRandomNumberGenerator()
        let words = (0..<content / 8).map { _ in generator.next() }
        try DurableFile.write(words.withUnsafeBytes(Array.init), to: raw)
        try await Command.run("truncate", ["-s", "8M", raw], package: "coreutils")
        let path = "\(folder)/\(name)"
        try await Command.run("qemu-img", ["convert", "-O", "qcow2", raw, path], package: "qemu-utils")
        return path
    }
}

func digest(of path: String) throws -> String { Digest(of: try Files.read(path, limit: 256 << 20)).text }
