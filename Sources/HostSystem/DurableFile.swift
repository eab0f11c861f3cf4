import Glibc
import SystemPackage

/// Files that are either whole or not there: written under a temporary name, synchronised, renamed.
public enum DurableFile {
    /// What the name of every unfinished file ends in.
    public static let temporarySuffix = ".lodge-tmp"

    /// Replaces the file's content in one step that survives a crash at any point.
    ///
    /// - Parameters:
    ///   - mode: permission bits of the new file.
    ///   - owner: user and group ids; nil: those of this process.
    public static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, owner: (user: UInt32, group: UInt32)? = nil
    ) throws(SystemError) {
        let temporary = path + temporarySuffix
        do throws(SystemError) {
            try writeWhole(bytes, to: temporary, for: path, mode: mode, owner: owner)
            guard rename(temporary, path) == 0 else { throw .now("write", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchroniseFolder(of: path)
    }

    /// Makes an empty file for somebody else to write to, in place of whatever has its name.
    public static func make(
        _ path: String, mode: UInt32, owner: (user: UInt32, group: UInt32)
    ) throws(SystemError) {
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw .now("make", path) }
        defer { close(file) }
        guard fchmod(file, mode) == 0 else { throw .now("set the permissions of", path) }
        guard fchown(file, owner.user, owner.group) == 0 else { throw .now("set the owner of", path) }
    }

    /// - Parameter path: what errors speak of.
    private static func writeWhole(
        _ bytes: [UInt8], to temporary: String, for path: String, mode: UInt32, owner: (user: UInt32, group: UInt32)?
    ) throws(SystemError) {
        // What an earlier write left, or a link that somebody else put there: neither is written to.
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw .now("write", path) }
        defer { close(file) }
        try writeAll(bytes, to: file, path: path)
        guard fchmod(file, mode) == 0 else { throw .now("set the permissions of", path) }
        if let owner, fchown(file, owner.user, owner.group) != 0 { throw .now("set the owner of", path) }
        guard fsync(file) == 0 else { throw .now("write", path) }
    }

    /// Makes what was written to a file survive a power cut.
    public static func synchronise(_ path: String) throws(SystemError) {
        // What its folder's owner put there instead may be a link, or a pipe that nobody writes to.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw .now("open", path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .now("synchronise", path) }
    }

    /// Makes renames and removals in the file's folder survive a power cut.
    public static func synchroniseFolder(of path: String) throws(SystemError) {
        let parent = FilePath(path).removingLastComponent().string
        let folder = open(parent.isEmpty ? "." : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .now("open", parent) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .now("synchronise", parent) }
    }

    private static func writeAll(_ bytes: [UInt8], to file: CInt, path: String) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + offset, $0.count - offset) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .now("write", path) }
            offset += written
        }
    }
}

extension SystemError {
    /// With the current value of `errno`.
    public static func now(_ operation: String, _ subject: String, advice: String? = nil) -> SystemError {
        SystemError(operation, subject, Errno(rawValue: Glibc.errno), advice: advice)
    }
}
