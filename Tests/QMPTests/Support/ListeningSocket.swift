import Glibc

/// A new unix socket that listens and whose clients nobody accepts yet.
func listeningSocket(at path: String, backlog: CInt) throws -> CInt {
    let listener = socket(AF_UNIX, CInt(bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard bound == 0, listen(listener, backlog) == 0 else { throw TestFailure("listen at \(path): errno \(errno)") }
    return listener
}
