import FleetModel
import Glibc
import HostSystem

/// What the header of a qcow2 file says (qcow2.txt of QEMU's documentation; all integers big-endian).
struct DiskHeader {
    /// Bytes 24 to 31.
    var virtualSize: ByteCount

    static func read(_ path: String) throws(ExecutorError) -> DiskHeader {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ExecutorError("read disk", SystemError.now("open", path).description) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count == bytes.count, bytes[0..<4].elementsEqual([0x51, 0x46, 0x49, 0xFB]) else {
            throw ExecutorError("read disk", "\(path) has no qcow2 header")
        }
        return DiskHeader(virtualSize: ByteCount(bytes: bytes[24..<32].reduce(0) { $0 << 8 | Int64($1) }))
    }
}
