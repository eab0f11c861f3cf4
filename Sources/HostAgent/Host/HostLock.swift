import FleetModel
import FoundationEssentials
import Glibc
import HostSystem

/// The lock that lets one apply at a time change a host: a file that is locked, and says by whom. The kernel
/// releases it when this process dies.
public struct HostLock: ~Copyable, Sendable {
    /// What the file says of its holder.
    struct Holder: Codable {
        var holder: String
        var pid: Int32
        /// Seconds since 1970.
        var since: Int64
    }

    private let descriptor: CInt
    private let path: String

    /// - Throws: `locked` where another process still holds it at the end of the time.
    ///
    /// - Parameter path: in a folder that is made where it is missing.
    public static func acquire(
        _ path: String, holder: String, timeout: Timespan
    ) async throws(HostError) -> HostLock {
        let deadline = ContinuousClock.now + timeout.duration
        while true {
            do throws(SystemError) {
                if let descriptor = try attempt(path, holder: holder) {
                    return HostLock(descriptor: descriptor, path: path)
                }
            } catch {
                throw HostError(.failed, "cannot lock the host: \(error)")
            }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { throw refusal(path) }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Nil where somebody else holds the lock.
    private static func attempt(_ path: String, holder: String) throws(SystemError) -> CInt? {
        while true {
            try Files.makeFolder(Files.folder(of: path))
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            // The last holder removes the file, and the folder where it is empty: then both are made anew.
            if descriptor < 0, errno == ENOENT { continue }
            guard descriptor >= 0 else { throw .now("open", path) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                return nil
            }
            guard isStill(descriptor, at: path) else {
                close(descriptor)
                continue
            }
            do throws(SystemError) { try write(holder, to: descriptor, path: path) } catch {
                unlink(path)
                close(descriptor)
                throw error
            }
            return descriptor
        }
    }

    /// False where the file that was locked has been removed, and perhaps made anew, by its last holder.
    private static func isStill(_ descriptor: CInt, at path: String) -> Bool {
        var ours = stat()
        var present = stat()
        return fstat(descriptor, &ours) == 0 && stat(path, &present) == 0 && ours.st_ino == present.st_ino
            && ours.st_dev == present.st_dev
    }

    private static func write(_ holder: String, to descriptor: CInt, path: String) throws(SystemError) {
        let note = Holder(holder: holder, pid: getpid(), since: Int64(Date().timeIntervalSince1970))
        let text = CanonicalJSON.bytes(of: note) + [0x0A]
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            throw .now("write", path)
        }
    }

    private static func refusal(_ path: String) -> HostError {
        var who = "another apply"
        if let note = try? JSONFile.read(Holder.self, from: path) {
            let seconds = max(0, Int64(Date().timeIntervalSince1970) - note.since)
            who = "\(note.holder) (agent process \(note.pid), since \(seconds) s)"
        }
        return HostError(
            .locked,
            "the host is locked by \(who)\n  to do: wait for it, or let Lodge wait with --lock-timeout 5m; "
                + "a lock never outlives the process that holds it")
    }

    deinit {
        unlink(path)
        close(descriptor)
    }
}
