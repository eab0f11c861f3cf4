import FleetModel
import Glibc
import HostSystem

/// What the header of a qcow2 file says (qcow2.txt of QEMU's documentation; all integers big-endian).
struct DiskHeader {
    /// Bytes 24 to 31.
    var virtualSize: ByteCount
    /// The path of the file that it is an overlay on: at the offset in bytes 8 to 15, as long as bytes 16 to 19 say,
    /// at most 1023 bytes. Nil: there is none.
    var backingFile: String?

    static func read(_ path: String) throws(ExecutorError) -> DiskHeader {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ExecutorError("read disk", SystemError.now("open", path).description) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count == bytes.count, bytes[0..<4].elementsEqual([0x51, 0x46, 0x49, 0xFB]) else {
            throw ExecutorError("read disk", "\(path) has no qcow2 header")
        }
        func number(_ range: Range<Int>) -> Int64 { bytes[range].reduce(0) { $0 << 8 | Int64($1) } }
        var backing: String?
        let (offset, length) = (number(8..<16), Int(number(16..<20)))
        if offset > 0, 1...1023 ~= length {
            var name = [UInt8](repeating: 0, count: length)
            guard pread(file, &name, length, off_t(offset)) == length else {
                throw ExecutorError("read disk", "the header of \(path) ends within the name of its backing file")
            }
            backing = String(decoding: name, as: UTF8.self)
        }
        return DiskHeader(virtualSize: ByteCount(bytes: number(24..<32)), backingFile: backing)
    }
}
