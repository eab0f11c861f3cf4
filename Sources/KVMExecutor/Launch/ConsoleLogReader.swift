import Glibc
import HostSystem

/// Reads a guest's console log, and goes on with what is added to it, whichever way its files are exchanged: the logger
/// makes the newer one the older one when it is full, and a start of the guest begins anew. A rename of the guest does
/// not matter.
///
/// The folder is that of QEMU's user: what is no regular file in it is not read.
public final class ConsoleLogReader {
    /// Bytes given at once.
    public static let chunkSize = 64 << 10

    private let folder: CInt
    /// The files that are being read, the older one first; what is before them has been read.
    private var files: [CInt] = []

    /// - Throws: `noSuchFileOrDirectory` where the guest was never started.
    public init(folder path: String) throws(SystemError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .now("open", path) }
        folder = descriptor
    }

    deinit {
        for file in files { close(file) }
        close(folder)
    }

    /// What there is now, oldest first.
    ///
    /// - Parameter lines: only so many at its end; nil: all.
    public func history(lines: Int?) -> [UInt8] {
        files = openFiles()
        var bytes: [UInt8] = []
        // The logger keeps both files below their limit; QEMU's user might not.
        for file in files {
            let size = status(of: file).map { Int($0.st_size) } ?? 0
            if size > ConsoleLog.fileLimit { lseek(file, off_t(size - ConsoleLog.fileLimit), SEEK_SET) }
            var left = 2 * ConsoleLog.fileLimit
            while left > 0, let chunk = read(file) {
                bytes += chunk
                left -= chunk.count
            }
        }
        guard let lines else { return bytes }
        return Array(bytes.lastLines(lines))
    }

    /// What came since; empty: nothing did. Nil: the guest is no more.
    public func next() -> [UInt8]? {
        while let file = files.first {
            if let chunk = read(file) { return chunk }
            if files.count > 1 {
                close(files.removeFirst())
                continue
            }
            guard let present = status(of: ConsoleLog.current), let own = status(of: file) else { break }
            guard present.st_ino == own.st_ino else { break }
            // Emptied where it is.
            if lseek(file, 0, SEEK_CUR) > own.st_size { lseek(file, 0, SEEK_SET) }
            return []
        }
        // What was written between the last look into the file and its exchange.
        if let file = files.first, let chunk = read(file) { return chunk }
        guard let state = status(of: folder), state.st_nlink > 0 else { return nil }
        // The file that was read stays open meanwhile, so that no other one can have its number.
        let last = files.first
        let number = last.flatMap(status(of:))?.st_ino
        var found = openFiles()
        if let index = found.firstIndex(where: { status(of: $0)?.st_ino == number }) {
            for file in found[...index] { close(file) }
            found.removeSubrange(...index)
        }
        // Until there is a newer one, the old one is kept to know it by.
        guard !found.isEmpty else { return [] }
        if let last { close(last) }
        files = found
        return read(files[0]) ?? []
    }

    /// The older file and the newer one, as they are at one moment.
    private func openFiles() -> [CInt] {
        for _ in 0..<100 {
            let newer = open(ConsoleLog.current)
            let older = open(ConsoleLog.older)
            let present = status(of: ConsoleLog.current)?.st_ino
            if present == newer.flatMap(status(of:))?.st_ino { return [older, newer].compactMap(\.self) }
            for file in [older, newer].compactMap(\.self) { close(file) }
        }
        // What lies there is no file, or never the same one: whoever does that is not waited for.
        return []
    }

    private func open(_ name: String) -> CInt? {
        let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        guard let status = status(of: file), status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            return nil
        }
        return file
    }

    private func status(of file: CInt) -> stat? {
        var status = stat()
        return fstat(file, &status) == 0 ? status : nil
    }

    private func status(of name: String) -> stat? {
        var status = stat()
        return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }

    /// Nil at the file's present end.
    private func read(_ file: CInt) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: Self.chunkSize)
        var count = 0
        repeat { count = Glibc.read(file, &chunk, chunk.count) } while count < 0 && errno == EINTR
        return count > 0 ? Array(chunk[..<count]) : nil
    }
}

extension [UInt8] {
    /// The end that begins with so many of its lines; one without its line feed counts.
    func lastLines(_ count: Int) -> ArraySlice<UInt8> {
        guard count > 0 else { return [] }
        var left = count
        var index = endIndex
        if last == 0x0A { index -= 1 }
        while let feed = self[..<index].lastIndex(of: 0x0A) {
            left -= 1
            if left == 0 { return self[(feed + 1)...] }
            index = feed
        }
        return self[...]
    }
}
