import FleetModel
import FoundationEssentials
import Glibc
import HostAgent
import HostSystem

/// A file of this machine that is read part by part.
final class SentFile: Sendable {
    let path: String
    let mode: UInt32
    private let descriptor: CInt

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    init(_ path: String) throws(HostError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw HostError(.failed, SystemError.now("read", path).description) }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        mode = status.st_mode & 0o777
        guard isFile else { throw HostError(.failed, "cannot copy \(path): it is no regular file") }
    }

    deinit { close(descriptor) }

    /// Nil at its end.
    func next(_ count: Int) throws(HostError) -> Data? {
        var bytes = [UInt8](repeating: 0, count: count)
        var read = 0
        repeat { read = Glibc.read(descriptor, &bytes, count) } while read < 0 && errno == EINTR
        guard read >= 0 else { throw HostError(.failed, SystemError.now("read", path).description) }
        return read == 0 ? nil : Data(bytes[..<read])
    }
}

/// A file of this machine that is written beside its place, and takes the place when it is whole; else nothing is left
/// of it.
final class ReceivedFile: Sendable {
    private let path: String
    private let temporary: String
    private let descriptor: CInt

    /// - Parameter name: what it is called where the path is a folder.
    init(_ path: String, name: String) throws(HostError) {
        var place = path
        if Files.isFolder(place) { place += place.hasSuffix("/") ? name : "/" + name }
        self.path = place
        temporary = place + ".lodge-" + String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError(.failed, SystemError.now("write", place).description) }
        guard !Files.isFolder(place) else { throw HostError(.failed, "cannot write \(place): it is a folder") }
    }

    /// The name is gone already where the copy came to its end.
    deinit {
        unlink(temporary)
        close(descriptor)
    }

    func append(_ data: Data) throws(HostError) {
        var rest = data
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HostError(.failed, SystemError.now("write", path).description) }
            rest = rest.dropFirst(count)
        }
    }

    func commit(mode: UInt32) throws(HostError) {
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw HostError(.failed, SystemError.now("write", path).description)
        }
    }
}
