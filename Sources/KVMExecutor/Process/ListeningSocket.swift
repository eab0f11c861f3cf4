import Glibc
import HostSystem
import SystemPackage

/// A unix socket that listens before anybody serves it: whoever connects waits, and is answered as soon as the
/// process that inherits it is ready, or cut off when that process dies.
struct ListeningSocket: ~Copyable {
    let descriptor: CInt

    /// Replaces a socket that an earlier process left at the path.
    init(path: String) throws(SystemError) {
        self.init(descriptor: try Self.listening(at: path))
    }

    private init(descriptor: CInt) { self.descriptor = descriptor }

    private static func listening(at path: String) throws(SystemError) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            throw SystemError(
                "listen on", path, .fileNameTooLong,
                advice: "a unix socket's path has at most \(capacity - 1) bytes: choose a shorter --run-dir")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try Files.remove(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .now("listen on", path) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, chmod(path, 0o600) == 0, listen(descriptor, 8) == 0 else {
            let error = SystemError.now("listen on", path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    deinit { close(descriptor) }
}
