import FleetModel

/// What the first bytes of a disk image say about it.
struct DiskImageHeader {
    let format: DiskFormat
    /// The size of the disk that the image describes.
    let virtualSize: ByteCount

    /// Why an image cannot be used: what it is, to follow “the image ”.
    struct Unusable: Error {
        let text: String
        let help: String
    }

    static let maximumSize = ByteCount(bytes: 64 << 40)

    init(_ measured: LocalFiles.Measured) throws(Unusable) {
        let header = measured.header
        let size = measured.file.size
        if let archive = Self.otherFormats.first(where: { header.starts(with: $0.magic) }) {
            throw Unusable(text: "is \(archive.name)", help: archive.help)
        }
        if header.starts(with: Self.qcow2Magic) {
            format = .qcow2
            virtualSize = try Self.qcow2Size(header, fileSize: size)
        } else {
            format = .raw
            virtualSize = size
        }
        guard virtualSize > .zero else { throw Unusable(text: "is empty", help: "name a file that holds a disk") }
        guard virtualSize <= Self.maximumSize else {
            throw Unusable(
                text: "describes a disk of \(virtualSize)", help: "at most \(Self.maximumSize) are supported")
        }
    }

    private static let qcow2Magic: [UInt8] = [0x51, 0x46, 0x49, 0xFB]

    private static let otherFormats: [(magic: [UInt8], name: String, help: String)] = [
        ([0x1F, 0x8B], "compressed with gzip", "unpack it with gunzip"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "compressed with xz", "unpack it with unxz"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd", "unpack it with unzstd"),
        ([0x42, 0x5A, 0x68], "compressed with bzip2", "unpack it with bunzip2"),
        (Array("KDMV".utf8), "in VMDK format", "convert it with qemu-img convert -O qcow2"),
        (Array("vhdxfile".utf8), "in VHDX format", "convert it with qemu-img convert -O qcow2"),
        (Array("conectix".utf8), "in VHD format", "convert it with qemu-img convert -O qcow2"),
    ]

    /// Offsets, flags and bounds as in QEMU's `docs/interop/qcow2.txt`; integers are big-endian.
    private static func qcow2Size(_ header: [UInt8], fileSize: ByteCount) throws(Unusable) -> ByteCount {
        func integer(at offset: Int, bytes: Int) -> UInt64 {
            header[offset..<(offset + bytes)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let truncated = Unusable(text: "is truncated", help: "fetch it again")
        guard header.count >= 72 else { throw truncated }
        let version = integer(at: 4, bytes: 4)
        guard version == 2 || version == 3 else {
            throw Unusable(text: "has qcow2 version \(version)", help: "convert it with qemu-img convert -O qcow2")
        }
        guard integer(at: 8, bytes: 8) == 0 else {
            throw Unusable(
                text: "depends on a backing file", help: "make it self-contained with qemu-img convert -O qcow2")
        }
        guard integer(at: 32, bytes: 4) == 0 else {
            throw Unusable(text: "is encrypted", help: "decrypt it with qemu-img convert")
        }
        if version == 3 {
            guard header.count >= 104 else { throw truncated }
            let features = integer(at: 72, bytes: 8)
            guard features & 0b10 == 0 else {
                throw Unusable(text: "is marked corrupt", help: "repair it with qemu-img check -r all")
            }
            guard features & 0b100 == 0 else {
                throw Unusable(
                    text: "keeps its data in an external file",
                    help: "make it self-contained with qemu-img convert -O qcow2")
            }
            guard features & ~0b11111 == 0 else {
                throw Unusable(
                    text: "has features that are not known here", help: "convert it with qemu-img convert -O qcow2")
            }
        }
        guard (9...21).contains(integer(at: 20, bytes: 4)) else {
            throw Unusable(text: "has a damaged header", help: "check it with qemu-img check")
        }
        // The tables that every access starts from have to lie within the file.
        let (l1End, l1Overflow) = integer(at: 40, bytes: 8).addingReportingOverflow(8 * integer(at: 36, bytes: 4))
        let refcountTable = integer(at: 48, bytes: 8)
        guard !l1Overflow, l1End <= UInt64(fileSize.bytes), refcountTable < UInt64(fileSize.bytes) else {
            throw truncated
        }
        let size = integer(at: 24, bytes: 8)
        return ByteCount(bytes: Int64(clamping: size))
    }
}
