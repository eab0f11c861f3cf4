import Glibc

/// A descriptor of this process, closed with the last reference to it.
final class OwnedDescriptor: Sendable {
    let rawValue: CInt

    /// Takes over `rawValue`.
    init(owning rawValue: CInt) {
        self.rawValue = rawValue
    }

    /// A close-on-exec copy of a descriptor that stays the caller's.
    init(copying original: CInt) throws(QMPError.Reason) {
        rawValue = fcntl(original, F_DUPFD_CLOEXEC, 0)
        if rawValue < 0 { throw .systemCall(name: "fcntl", errno: errno) }
    }

    deinit {
        close(rawValue)
    }
}
