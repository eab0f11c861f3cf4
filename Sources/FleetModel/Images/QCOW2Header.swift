/// The header of a qcow2 file that comes from elsewhere. Offsets, flags and bounds as in QEMU's
/// `docs/interop/qcow2.txt`; integers are big-endian.
struct QCOW2Header {
    typealias Unusable = DiskImageHeader.Unusable

    static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xFB]

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func integer(at offset: Int, bytes count: Int) -> UInt64 {
        bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static let convert = "make it self-contained with qemu-img convert -O qcow2"
    private static let truncated = Unusable(text: "is truncated", help: "fetch it again")
    private static let damaged = Unusable(text: "has a damaged header", help: "check it with qemu-img check")

    /// - Returns: the size of the disk.
    /// - Throws: where the image refers to other files, is encrypted, damaged, or of a kind that is not known here.
    func check(fileSize: ByteCount) throws(Unusable) -> ByteCount {
        guard bytes.count >= 72 else { throw Self.truncated }
        let version = integer(at: 4, bytes: 4)
        guard version == 2 || version == 3 else {
            throw Unusable(text: "has qcow2 version \(version)", help: "convert it with qemu-img convert -O qcow2")
        }
        guard integer(at: 8, bytes: 8) == 0, integer(at: 16, bytes: 4) == 0 else {
            throw Unusable(text: "depends on a backing file", help: Self.convert)
        }
        guard integer(at: 32, bytes: 4) == 0 else {
            throw Unusable(text: "is encrypted", help: "decrypt it with qemu-img convert")
        }
        if version == 3 { try checkFeatures() }
        guard (9...21).contains(integer(at: 20, bytes: 4)) else { throw Self.damaged }
        try checkExtensions(from: version == 3 ? Int(clamping: integer(at: 100, bytes: 4)) : 72)
        // The tables that every access starts from have to lie within the file.
        let (l1End, l1Overflow) = integer(at: 40, bytes: 8).addingReportingOverflow(8 * integer(at: 36, bytes: 4))
        let refcountTable = integer(at: 48, bytes: 8)
        guard !l1Overflow, l1End <= UInt64(fileSize.bytes), refcountTable < UInt64(fileSize.bytes) else {
            throw Self.truncated
        }
        return ByteCount(bytes: Int64(clamping: integer(at: 24, bytes: 8)))
    }

    /// The incompatible features: dirty refcounts, a corrupt image, an external data file, a compression type, extended
    /// L2 entries.
    private func checkFeatures() throws(Unusable) {
        guard bytes.count >= 104 else { throw Self.truncated }
        let features = integer(at: 72, bytes: 8)
        guard features & 0b10 == 0 else {
            throw Unusable(text: "is marked corrupt", help: "repair it with qemu-img check -r all")
        }
        guard features & 0b100 == 0 else {
            throw Unusable(text: "keeps its data in an external file", help: Self.convert)
        }
        guard features & ~0b11111 == 0 else {
            throw Unusable(
                text: "has features that are not known here", help: "convert it with qemu-img convert -O qcow2")
        }
    }

    /// What stands behind the header: each with its type and its length, padded to 8 bytes, until one of type 0.
    private func checkExtensions(from start: Int) throws(Unusable) {
        guard start >= 72, start % 8 == 0 else { throw Self.damaged }
        let firstCluster = 1 << Int(integer(at: 20, bytes: 4))
        var offset = start
        while offset + 8 <= min(bytes.count, firstCluster) {
            let type = integer(at: offset, bytes: 4)
            let length = Int(integer(at: offset + 4, bytes: 4))
            switch type {
            case 0: return
            case 0xE279_2ACA: throw Unusable(text: "names the format of a backing file", help: Self.convert)
            case 0x4441_5441: throw Unusable(text: "names an external data file", help: Self.convert)
            case 0x0537_BE77: throw Unusable(text: "is encrypted", help: "decrypt it with qemu-img convert")
            default: offset += 8 + (length + 7) / 8 * 8
            }
        }
        // The list may end with its cluster, but not within one of its members, nor beyond what is known of it.
        guard offset + 8 > firstCluster, offset <= firstCluster else { throw Self.damaged }
    }
}
