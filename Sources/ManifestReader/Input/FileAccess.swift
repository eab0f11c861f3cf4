import Glibc

/// Why the file system did not give what was asked.
struct FileAccessError: Error {
    enum Reason {
        /// A system call failed.
        case system(Int32)
        /// A folder, device, socket or pipe where a regular file is needed.
        case noRegularFile
        case tooLarge
        case changedWhileRead
    }

    let path: String
    let reason: Reason

    /// What happened, to follow “cannot read PATH: ”.
    var text: String {
        switch reason {
        case .system(let number): String(cString: strerror(number))
        case .noRegularFile: "it is not a regular file"
        case .tooLarge: "it is too large"
        case .changedWhileRead: "it changed while it was read"
        }
    }
}

/// Reading files and folders; the only place that calls the system.
enum FileAccess {
    enum Kind {
        case file, folder, other
    }

    /// What a path leads to, symbolic links followed.
    static func kind(of path: String) throws(FileAccessError) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileAccessError(path: path, reason: .system(errno)) }
        return kind(status)
    }

    /// Whether the path itself is a symbolic link.
    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// The names in a folder, in no order.
    static func entries(of folder: String) throws(FileAccessError) -> [String] {
        guard let stream = opendir(folder) else { throw FileAccessError(path: folder, reason: .system(errno)) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw FileAccessError(path: folder, reason: .system(errno)) }
        return names
    }

    /// All bytes of a file, pipe or device.
    static func contents(of path: String, limit: Int) throws(FileAccessError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileAccessError(path: path, reason: .system(errno)) }
        defer { close(descriptor) }
        return try contents(ofDescriptor: descriptor, path: path, limit: limit)
    }

    /// All bytes up to the end of input, `limit` at most.
    static func contents(ofDescriptor descriptor: Int32, path: String, limit: Int) throws(FileAccessError) -> [UInt8] {
        var status = stat()
        let expected = fstat(descriptor, &status) == 0 && kind(status) == .file ? Int(status.st_size) : 0
        var bytes: [UInt8] = []
        // One byte more than expected, so that the end is seen without growing.
        var chunk = min(max(expected, 1 << 16), limit) + 1
        while true {
            let (part, failure) = read(descriptor, atMost: chunk)
            if failure != 0 { throw FileAccessError(path: path, reason: .system(failure)) }
            if part.isEmpty { return bytes }
            if bytes.isEmpty { bytes = part } else { bytes += part }
            guard bytes.count <= limit else { throw FileAccessError(path: path, reason: .tooLarge) }
            chunk = 1 << 16
        }
    }

    /// All bytes of a regular file, read as far as `limit` at most; a pipe is not waited for.
    static func regularFile(_ path: String, limit: Int) throws(FileAccessError) -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try stream(path, limit: Int64(limit)) { bytes += $0 }
        return bytes
    }

    /// Hands a regular file to `body` in pieces of up to 1 MiB.
    ///
    /// - Parameter limit: a larger file is an error, and no more than this is read of it.
    /// - Returns: the file's size, which is the sum of the pieces.
    static func stream(
        _ path: String, limit: Int64 = .max, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(FileAccessError) -> Int64 {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileAccessError(path: path, reason: .system(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileAccessError(path: path, reason: .system(errno)) }
        guard kind(status) == .file else { throw FileAccessError(path: path, reason: .noRegularFile) }
        guard Int64(status.st_size) <= limit else { throw FileAccessError(path: path, reason: .tooLarge) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { piece.deallocate() }
        var total: Int64 = 0
        while true {
            let count = Glibc.read(descriptor, piece.baseAddress, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileAccessError(path: path, reason: .system(errno)) }
            if count == 0 { break }
            guard total + Int64(count) <= limit else { throw FileAccessError(path: path, reason: .tooLarge) }
            body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            total += Int64(count)
        }
        guard total == Int64(status.st_size) else { throw FileAccessError(path: path, reason: .changedWhileRead) }
        return total
    }

    /// The working directory, or `/` where there is none any more.
    static func workingDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    private static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        default: .other
        }
    }

    private static func read(_ descriptor: Int32, atMost count: Int) -> (bytes: [UInt8], failure: Int32) {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var got = Glibc.read(descriptor, buffer.baseAddress, count)
            while got < 0, errno == EINTR { got = Glibc.read(descriptor, buffer.baseAddress, count) }
            if got < 0 { failure = errno }
            initialized = max(0, got)
        }
        return (bytes, failure)
    }
}
