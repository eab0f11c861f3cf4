import Glibc

/// Symbolic links as `/proc` uses them, to name what a process has.
enum LinkTarget {
    /// Where the link points to, or nil where there is none that may be read.
    static func read(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = buffer.withUnsafeMutableBytes { bytes in
            readlink(path, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
