import FleetModel
import Glibc
import HostSystem

/// A folder of its own for a test, removed with its last reference.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() {
        var template = Array("/tmp/lodge-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("cannot make a folder in /tmp: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // QEMU's user makes the disks in it.
        chmod(path, 0o711)
    }

    deinit { try? Files.removeTree(path) }

    /// Where Lodge keeps what is its own, in this folder.
    public var layout: HostLayout { HostLayout(stateFolder: "\(path)/state", runFolder: "\(path)/run") }

    /// Writes a file.
    ///
    /// - Returns: its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Files.makeFolder(Files.folder(of: file))
        try DurableFile.write(Array(text.utf8), to: file)
        return file
    }
}
