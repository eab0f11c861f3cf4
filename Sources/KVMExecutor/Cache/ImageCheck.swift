import FleetModel
import Glibc
import HostSystem

/// Whether a file is the disk image that it should be: whoever made it may have meant harm.
struct ImageCheck: Sendable {
    let file: CachedFile
    let limit: ByteCount?

    init(_ file: CachedFile, limit: ByteCount?) {
        self.file = file
        self.limit = limit
    }

    /// The file's first bytes.
    func header(of path: String) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .now("read", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: DiskImageHeader.length)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw .now("read", path) }
        return Array(bytes[..<count])
    }

    func check(_ path: String, _ operation: String) throws(ExecutorError) {
        do {
            try check(try header(of: path), size: ByteCount(bytes: Files.size(path) ?? 0), operation)
        } catch {
            throw error as? ExecutorError ?? ExecutorError(operation, "\(error)")
        }
    }

    /// - Parameters:
    ///   - header: the first bytes.
    ///   - size: of the whole file, as far as it is known.
    func check(_ header: [UInt8], size: ByteCount, _ operation: String) throws(ExecutorError) {
        let image: DiskImageHeader
        do { image = try DiskImageHeader(header, size: size) } catch {
            throw ExecutorError(operation, "the image \(error.text)", advice: error.help)
        }
        guard image.format.rawValue == file.format.rawValue else {
            throw ExecutorError(
                operation, "the image is in \(image.format.rawValue) format, not \(file.format.rawValue)",
                advice: "write “format: \(image.format.rawValue)” into the manifest of the image")
        }
        guard let limit, image.virtualSize > limit else { return }
        throw ExecutorError(
            operation,
            "the image describes a disk of \(image.virtualSize), and a disk of \(limit) is to be made from it",
            advice: "give each disk that is made from it a size of at least \(image.virtualSize)")
    }

    /// The most that a file in this format has for a disk of the limit's size: qcow2 takes at most 10 bytes for tables of
    /// each cluster, which has at least 512 (`docs/interop/qcow2.txt`), and some for its header. Snapshots in it are not
    /// counted. Nil: there is no limit.
    var largestFile: Int64? {
        guard let limit else { return nil }
        return file.format == .raw ? limit.bytes : limit.bytes + limit.bytes / 32 + (64 << 20)
    }
}
