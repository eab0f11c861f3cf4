import CLinux
import Glibc

/// A short text that is kept with a file and goes where it goes: an extended attribute (xattr(7)), of those that users
/// may set. A file system need not keep any: then there is none, and nothing breaks.
public struct FileNote: Sendable {
    private let attribute: String

    public init(_ name: String) { attribute = "user.lodge.\(name)" }

    /// Nil: there is none.
    public func read(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = getxattr(path, attribute, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// - Parameter text: at most 4096 bytes; nil: removes the note.
    public func write(_ text: String?, on path: String) {
        guard let text, text.utf8.count <= 4096 else {
            removexattr(path, attribute)
            return
        }
        let bytes = Array(text.utf8)
        setxattr(path, attribute, bytes, bytes.count, 0)
    }
}
