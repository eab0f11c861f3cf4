import Crypto
import FleetModel
import Glibc
import HostSystem

/// The files that guests share: disk images, kernels, firmware, each named by its digest.
public struct ImageCache: Sendable {
    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// The whole files in the cache, and what lies there unfinished.
    public func list() throws(SystemError) -> (files: [CachedFile], leftovers: [Leftover]) {
        var files: [CachedFile] = []
        var leftovers: [Leftover] = []
        for name in try Files.list(layout.cacheFolder) {
            let path = "\(layout.cacheFolder)/\(name)"
            guard path != layout.claimsFolder else { continue }
            let parts = name.split(separator: ".", maxSplits: 1)
            if parts.count == 2, let digest = FleetModel.Digest(parsing: String(parts[0])),
                let format = CachedFile.Format(rawValue: String(parts[1])), let size = Files.size(path)
            {
                files.append(CachedFile(digest: digest, format: format, size: ByteCount(bytes: size)))
            } else if name.hasSuffix(DurableFile.temporarySuffix) {
                leftovers.append(
                    Leftover(kind: .temporaryFile, subject: path, proof: "an unfinished copy in this instance's cache"))
            } else if name.hasSuffix(HostLayout.partSuffix),
                FleetModel.Digest(parsing: String(name.dropLast(HostLayout.partSuffix.count))) != nil,
                !PartFile.isLocked(path)
            {
                leftovers.append(
                    Leftover(
                        kind: .temporaryFile, subject: path,
                        proof:
                            "a fetch into this instance's cache that was cut off, and no image here asks for the rest"))
            }
        }
        return (files, leftovers)
    }

    /// Copies a file into the cache. Its digest is computed from the very bytes that are written; where it is not
    /// the expected one, or the disk is full, nothing is left.
    public func add(_ file: CachedFile, from source: String) throws(ExecutorError) {
        let path = layout.cached(file)
        let operation = "copy \(source) into the cache"
        // A guest's kernel is checked when it comes; an image also each time that it is claimed anew.
        if Files.exists(path), try isWhole(file, path, operation) { return }
        let temporary = path + DurableFile.temporarySuffix
        do {
            try Files.makeFolder(layout.cacheFolder)
            let space = try Files.space(at: layout.cacheFolder)
            let size = file.size ?? .zero
            guard space.available >= size.bytes else {
                throw ExecutorError(
                    operation,
                    "it has \(size), and \(ByteCount(bytes: space.available).rounded) are free at "
                        + layout.cacheFolder,
                    advice: "free some space, or choose another folder with --state-dir")
            }
            let digest = try copy(source, to: temporary)
            guard digest == file.digest else {
                throw ExecutorError(
                    operation, "it has changed: its digest is \(digest), and the plan relies on \(file.digest)",
                    advice: "plan again")
            }
            try Files.move(temporary, to: path)
        } catch {
            try? Files.remove(temporary)
            throw error as? ExecutorError ?? ExecutorError(operation, "\(error)")
        }
    }

    /// What was fetched in part, and whether somebody is at it.
    public func parts() throws(SystemError) -> [(digest: FleetModel.Digest, path: String, isBusy: Bool)] {
        try Files.list(layout.cacheFolder).compactMap { name in
            guard name.hasSuffix(HostLayout.partSuffix),
                let digest = FleetModel.Digest(parsing: String(name.dropLast(HostLayout.partSuffix.count)))
            else { return nil }
            let path = layout.part(digest)
            return (digest, path, PartFile.isLocked(path))
        }
    }

    /// The size of the disk that a cached image describes; nil: it is none, or cannot be read.
    public func virtualSize(of file: CachedFile) -> ByteCount? {
        let path = layout.cached(file)
        guard file.isDiskImage, let size = Files.size(path),
            let header = try? ImageCheck(file, limit: nil).header(of: path)
        else { return nil }
        return try? DiskImageHeader(header, size: ByteCount(bytes: size)).virtualSize
    }

    public func remove(_ file: CachedFile) throws(ExecutorError) {
        do { try Files.remove(layout.cached(file)) } catch {
            throw ExecutorError("remove \(file.fileName) from the cache", error)
        }
    }

    private func isWhole(_ file: CachedFile, _ path: String, _ operation: String) throws(ExecutorError) -> Bool {
        guard file.isDiskImage else { return true }
        do { return try FleetModel.Digest.ofFile(path) == file.digest } catch { throw ExecutorError(operation, error) }
    }

    private func copy(_ source: String, to target: String) throws(SystemError) -> FleetModel.Digest {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw .now("read", source) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o444)
        guard output >= 0 else { throw .now("write", target) }
        defer { close(output) }
        var hash = SHA256()
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(input, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .now("read", source) }
            guard count > 0 else { break }
            chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
            var offset = 0
            while offset < count {
                let written = chunk.withUnsafeBytes { Glibc.write(output, $0.baseAddress! + offset, count - offset) }
                guard written > 0 else { throw .now("write", target) }
                offset += written
            }
        }
        guard fchmod(output, 0o444) == 0, fsync(output) == 0 else { throw .now("write", target) }
        return FleetModel.Digest(bytes: hash.finalize())
    }
}
