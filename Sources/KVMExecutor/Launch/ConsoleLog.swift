import Glibc
import HostSystem

/// Keeps the end of what a guest prints on its serial console: between half a megabyte and one, in two files, so
/// that a guest that prints for ever fills no disk.
public enum ConsoleLog {
    /// Bytes in a file before it becomes the older one.
    static let fileLimit = 512 << 10
    static let current = "log"
    static let older = "log.1"

    /// Copies standard input to the log until its end, which comes with the guest's. Works inside the folder, so
    /// that a rename of the guest does not matter.
    public static func run(folder: String) throws(SystemError) {
        guard chdir(folder) == 0 else { throw .now("open", folder) }
        var file = try openLog()
        var size = 0
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(0, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            if size + count > fileLimit {
                close(file)
                rename(current, older)
                file = try openLog()
                size = 0
            }
            // A full disk costs lines of the log, never the guest.
            _ = write(file, chunk, count)
            size += count
        }
    }

    private static func openLog() throws(SystemError) -> CInt {
        let file = open(current, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw .now("write", current) }
        return file
    }

    /// Forgets what an earlier process of the guest printed.
    static func clear(folder: String) throws(SystemError) {
        try Files.remove("\(folder)/\(older)")
        try Files.remove("\(folder)/\(current)")
    }

    /// What the log holds, oldest first, with control bytes as they came. The folder is that of QEMU's user, who must
    /// not lead a reader to other files.
    public static func contents(folder: String) -> [UInt8] {
        [older, current].flatMap { (try? Files.read("\(folder)/\($0)", followsLink: false)) ?? [] }
    }
}
