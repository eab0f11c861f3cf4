import Glibc

/// The unprivileged user that QEMU runs as.
public struct SystemUser: Hashable, Sendable {
    /// Made by the set-up; has no shell and owns nothing but what Lodge gives it.
    public static let name = "lodge-qemu"

    public var user: UInt32
    public var group: UInt32

    /// - Throws: where the machine has no such user.
    public static func find() throws(ExecutorError) -> SystemUser {
        var record = passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &record, &buffer, buffer.count, &result) == 0, result != nil else {
            throw ExecutorError(
                "run guests", "this machine has no user \(name)",
                advice: "make it: useradd --system --user-group --no-create-home --shell /usr/sbin/nologin \(name)")
        }
        return SystemUser(user: record.pw_uid, group: record.pw_gid)
    }

    /// The group that owns the file, by number: it need not have a name on this machine.
    static func group(owning path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_gid : nil
    }
}
