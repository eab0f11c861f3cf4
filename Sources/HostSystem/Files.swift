import Glibc
import SystemPackage

/// Reading, listing and removing files.
public enum Files {
    /// The whole content.
    ///
    /// - Parameters:
    ///   - limit: a larger file is an error (EFBIG), so that a hostile one cannot fill the memory.
    ///   - followsLink: false: a link is an error, and a pipe is not waited for. For folders that others write in.
    public static func read(
        _ path: String, limit: Int = 64 << 20, followsLink: Bool = true
    ) throws(SystemError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW | O_NONBLOCK))
        guard file >= 0 else { throw .now("read", path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .now("read", path) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[0..<count])
            guard bytes.count <= limit else { throw SystemError("read", path, .fileTooLarge) }
        }
    }

    /// Hands a file over in pieces of up to 1 MiB.
    public static func stream(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
    ) throws(SystemError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .now("read", path) }
        defer { close(file) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { piece.deallocate() }
        while true {
            let count = Glibc.read(file, piece.baseAddress, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .now("read", path) }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }

    /// The content as text, or nil where the file cannot be read.
    public static func text(_ path: String) -> String? {
        (try? read(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The path without its last component.
    public static func folder(of path: String) -> String { FilePath(path).removingLastComponent().string }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// True where this process may start it as a program.
    public static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 && !isFolder(path) }

    /// True for a folder and for a link to one.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// True for a regular file and for a link to one.
    public static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// True for a link, wherever it leads.
    public static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// The path, where it is a folder, else the nearest one above it.
    public static func nearestFolder(_ path: String) -> String {
        var path = FilePath(path)
        while !isFolder(path.string), path.removeLastComponent() {}
        return path.isEmpty ? "." : path.string
    }

    /// Names in a folder, sorted; empty where there is no such folder, or something else in its place.
    public static func list(_ folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw .now("list", folder)
        }
        defer { closedir(stream) }
        return names(in: stream).sorted()
    }

    private static func names(in stream: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes the folder and those above it.
    ///
    /// - Parameter mode: of each folder that is made, whatever the umask.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        guard !isFolder(path) else { return }
        let parent = folder(of: path)
        if !parent.isEmpty, parent != path { try makeFolder(parent, mode: mode) }
        guard mkdir(path, mode) == 0 else {
            // Somebody else made it meanwhile, and gives it its permissions.
            if errno == EEXIST, isFolder(path) { return }
            throw .now("make the folder", path)
        }
        guard chmod(path, mode) == 0 else { throw .now("set the permissions of", path) }
    }

    /// Removes a file; that it is gone already is no error.
    public static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .now("remove", path) }
    }

    /// Removes a folder and all below it, without following links; that it is gone already is no error.
    /// Whoever may write there cannot lead it elsewhere meanwhile.
    public static func removeTree(_ path: String) throws(SystemError) {
        let above = folder(of: path)
        let parent = open(above.isEmpty ? "." : above, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw .now("remove", path)
        }
        defer { close(parent) }
        try removeTree(FilePath(path).lastComponent?.string ?? path, in: parent, path)
    }

    private static func removeTree(_ name: String, in parent: CInt, _ path: String) throws(SystemError) {
        if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR else { throw .now("remove", path) }
        let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw .now("remove", path) }
        guard let stream = fdopendir(folder) else {
            close(folder)
            throw .now("remove", path)
        }
        defer { closedir(stream) }
        for inner in names(in: stream) { try removeTree(inner, in: folder, "\(path)/\(inner)") }
        guard unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw .now("remove", path) }
    }

    /// Removes the folders in this one that hold nothing, and then it, if it holds nothing.
    public static func removeEmptyFolders(in path: String) {
        for name in (try? list(path)) ?? [] { rmdir("\(path)/\(name)") }
        rmdir(path)
    }

    public static func move(_ path: String, to target: String) throws(SystemError) {
        guard rename(path, target) == 0 else { throw .now("rename \(path) to", target) }
        try DurableFile.synchroniseFolder(of: target)
    }

    public static func setOwner(_ path: String, user: UInt32, group: UInt32) throws(SystemError) {
        guard chown(path, user, group) == 0 else { throw .now("set the owner of", path) }
    }

    public static func size(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// Bytes of the file system that holds the path: all, and those that a user may still take.
    public static func space(at path: String) throws(SystemError) -> (total: Int64, available: Int64) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw .now("ask for the free space of", path) }
        let block = Int64(status.f_frsize)
        return (Int64(status.f_blocks) * block, Int64(status.f_bavail) * block)
    }

    /// Why the file cannot be read past the page cache; nil: it can, or it is not there.
    public static func directIOFault(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC | directFlag)
        if file >= 0 { close(file) }
        return file < 0 && errno == EINVAL ? "its file system takes no O_DIRECT" : nil
    }

    /// O_DIRECT, which glibc's headers hide from Swift: fcntl.h of the kernel for x86.
    private static let directFlag: CInt = 0o40000

    /// What a file takes of its file system, in bytes; nil: it cannot be looked at.
    public static func occupied(_ path: String) -> Int64? {
        var status = stat()
        // inode(7): blocks of 512 bytes, whatever the file system's are.
        return stat(path, &status) == 0 ? Int64(status.st_blocks) * 512 : nil
    }

    /// What the files in a folder, and in the folders below it, take of their file system, in bytes; 0 where there is no
    /// such folder. What cannot be looked at is left out.
    public static func allocated(below folder: String) -> Int64 {
        guard let names = try? list(folder) else { return 0 }
        return names.reduce(0) { sum, name in
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { return sum }
            // inode(7): blocks of 512 bytes, whatever the file system's are.
            return sum + Int64(status.st_blocks) * 512
                + (status.st_mode & S_IFMT == S_IFDIR ? allocated(below: path) : 0)
        }
    }

    /// Sets the permission bits.
    public static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
        guard chmod(path, mode) == 0 else { throw .now("set the permissions of", path) }
    }

    /// Removes a folder that holds nothing; that it is gone already is no error.
    public static func removeEmptyFolder(_ path: String) throws(SystemError) {
        guard rmdir(path) == 0 || errno == ENOENT else { throw .now("remove the folder", path) }
    }

    /// Adds bytes to the end of a file, making it and its folder where they are missing. Where the disk is full, the
    /// file is left as it was.
    public static func append(_ bytes: [UInt8], to path: String) throws(SystemError) {
        try makeFolder(folder(of: path))
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .now("write", path) }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        let written = write(file, bytes, bytes.count)
        guard written == bytes.count else {
            let error = written < 0 ? SystemError.now("write", path) : SystemError("write", path, .noSpace)
            ftruncate(file, size)
            throw error
        }
    }
}

extension Files {
    /// A text that is another one once the file was replaced, or got another owner or mode: size and time of change.
    public static func version(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return "\(status.st_size)-\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }
}
