import Glibc

/// The system calls on unix sockets that NIO does not offer: a close-on-exec connection, and passing a descriptor.
enum UnixSocket {
    /// The most bytes of a path: `sun_path` without its final zero (unix(7)).
    static let longestPath = 107

    /// Connects to a listening stream socket, without waiting.
    ///
    /// NIO's own sockets are not close-on-exec, so that a guest started meanwhile would hold the connection open.
    /// - Throws: `systemCall`, with `EAGAIN` where the listener's queue is full.
    static func connect(path: String) throws(QMPError.Reason) -> CInt {
        let bytes = Array(path.utf8)
        guard bytes.count <= longestPath else { throw .pathTooLong(bytes: bytes.count) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }

        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_UNIX, CInt(bitPattern: type), 0)
        guard descriptor >= 0 else { throw .systemCall(name: "socket", errno: errno) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw .systemCall(name: "connect", errno: code)
        }
        return descriptor
    }

    /// Sends bytes with a descriptor attached to the first of them (`SCM_RIGHTS`, unix(7)), without waiting.
    /// - Returns: how many bytes went out, at least one; the descriptor went with them.
    static func send(
        _ bytes: UnsafeRawBufferPointer, passing descriptor: CInt, over socket: CInt
    ) throws(QMPError.Reason) -> Int {
        // CMSG_LEN and CMSG_SPACE of one int, which Swift cannot import: a header, the int, padding to 8 bytes.
        let headerSize = MemoryLayout<cmsghdr>.size
        let length = headerSize + MemoryLayout<CInt>.size
        let space = headerSize + 8
        let sent = withUnsafeTemporaryAllocation(byteCount: space, alignment: 8) { control in
            control.initializeMemory(as: UInt8.self, repeating: 0)
            var header = cmsghdr()
            header.cmsg_len = length
            header.cmsg_level = SOL_SOCKET
            header.cmsg_type = CInt(SCM_RIGHTS)
            withUnsafeBytes(of: header) { control.copyMemory(from: $0) }
            control.storeBytes(of: descriptor, toByteOffset: headerSize, as: CInt.self)
            var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            return withUnsafeMutablePointer(to: &part) { parts in
                var message = msghdr()
                message.msg_iov = parts
                message.msg_iovlen = 1
                message.msg_control = control.baseAddress
                message.msg_controllen = space
                return sendmsg(socket, &message, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
        }
        guard sent > 0 else { throw .systemCall(name: "sendmsg", errno: errno) }
        return sent
    }
}
