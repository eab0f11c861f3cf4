import Crypto
import FleetModel
import Glibc
import HostSystem

/// What is there of a file so far, under a name of its own, and locked: of two that want the same file, one fetches it.
/// An empty one goes with its last reference; the lock goes with the process at the latest.
final class PartFile: Sendable {
    let path: String
    let descriptor: CInt

    /// Where the file is served under the same mark, what is served is the same.
    private static let mark = FileNote("validator")

    /// Waits until nobody else has it.
    ///
    /// - Parameters:
    ///   - isDone: true where the whole file is there by now.
    ///   - waiting: called once where somebody else has it.
    /// - Returns: nil where it is done.
    static func acquire(
        _ path: String, unless isDone: () -> Bool, waiting: () -> Void
    ) async throws(SystemError) -> PartFile? {
        var hasWaited = false
        while !isDone() {
            let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .now("write", path) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                let part = PartFile(path: path, descriptor: descriptor)
                // Whoever had it before may have finished it, or removed it.
                if part.isInPlace, !isDone() { return part }
                continue
            }
            close(descriptor)
            if !hasWaited { waiting() }
            hasWaited = true
            guard (try? await Task.sleep(for: .milliseconds(200))) != nil else {
                throw SystemError("wait for", path, .interrupted)
            }
        }
        return nil
    }

    /// True where somebody is at it.
    static func isLocked(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    private init(path: String, descriptor: CInt) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        if size == 0, isInPlace { unlink(path) }
        close(descriptor)
    }

    private var isInPlace: Bool {
        var ours = stat()
        var present = stat()
        return fstat(descriptor, &ours) == 0 && stat(path, &present) == 0 && ours.st_ino == present.st_ino
            && ours.st_dev == present.st_dev
    }

    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// What the server calls the version of which this is a part.
    var validator: String? { Self.mark.read(path) }

    func setValidator(_ text: String?) { Self.mark.write(text, on: path) }

    func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .now("write", path) }
            offset += written
        }
    }

    func empty() {
        ftruncate(descriptor, 0)
        setValidator(nil)
    }

    /// Makes it the whole file.
    func commit(as path: String) throws(SystemError) {
        setValidator(nil)
        guard fchmod(descriptor, 0o444) == 0, fsync(descriptor) == 0 else { throw .now("write", self.path) }
        try Files.move(self.path, to: path)
    }
}

extension FleetModel.Digest {
    /// The digest of a file's bytes, which are read once more.
    static func ofFile(_ path: String) throws(SystemError) -> FleetModel.Digest {
        var hash = SHA256()
        try Files.stream(path) { bytes in hash.update(bufferPointer: bytes) }
        return FleetModel.Digest(bytes: hash.finalize())
    }
}
