/// What the first bytes of a disk image say about it.
public struct DiskImageHeader: Sendable {
    public let format: DiskFormat
    /// The size of the disk that the image describes.
    public let virtualSize: ByteCount

    /// Why an image cannot be used: what it is, to follow “the image ”.
    public struct Unusable: Error, Sendable {
        public let text: String
        public let help: String
    }

    public static let maximumSize = ByteCount(bytes: 64 << 40)
    /// As much of a file's start as its recognition needs: the largest header that QEMU writes has a few hundred bytes,
    /// names of at most 1023 bytes aside.
    public static let length = 64 << 10

    /// - Parameters:
    ///   - header: the file's first bytes, `length` at most.
    ///   - size: the file's.
    public init(_ header: [UInt8], size: ByteCount) throws(Unusable) {
        if let other = Self.otherFormats.first(where: { $0.isIn(header) }) {
            throw Unusable(text: "is \(other.name)", help: other.help)
        }
        if header.starts(with: QCOW2Header.magic) {
            format = .qcow2
            virtualSize = try QCOW2Header(header).check(fileSize: size)
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

    private struct OtherFormat {
        let magic: [UInt8]
        var offset = 0
        let name: String
        let help: String

        func isIn(_ header: [UInt8]) -> Bool { header.dropFirst(offset).starts(with: magic) }
    }

    private static let convert = "convert it with qemu-img convert -O qcow2"

    /// Magic numbers as in QEMU's block drivers, in the LUKS on-disk format and in tar(5).
    private static let otherFormats = [
        OtherFormat(magic: [0x1F, 0x8B], name: "compressed with gzip", help: "unpack it with gunzip"),
        OtherFormat(
            magic: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], name: "compressed with xz", help: "unpack it with unxz"),
        OtherFormat(magic: [0x28, 0xB5, 0x2F, 0xFD], name: "compressed with zstd", help: "unpack it with unzstd"),
        OtherFormat(magic: [0x42, 0x5A, 0x68], name: "compressed with bzip2", help: "unpack it with bunzip2"),
        OtherFormat(magic: Array("KDMV".utf8), name: "in VMDK format", help: convert),
        OtherFormat(magic: Array("vhdxfile".utf8), name: "in VHDX format", help: convert),
        OtherFormat(magic: Array("conectix".utf8), name: "in VHD format", help: convert),
        OtherFormat(magic: Array("QED\0".utf8), name: "in QED format", help: convert),
        OtherFormat(magic: [0x7F, 0x10, 0xDA, 0xBE], offset: 0x40, name: "in VDI format", help: convert),
        OtherFormat(magic: Array("WithoutFreeSpace".utf8), name: "in Parallels format", help: convert),
        OtherFormat(magic: Array("WithouFreSpacExt".utf8), name: "in Parallels format", help: convert),
        OtherFormat(
            magic: Array("LUKS".utf8) + [0xBA, 0xBE], name: "encrypted with LUKS",
            help: "decrypt it with qemu-img convert"
        ),
        OtherFormat(
            magic: Array("ustar".utf8), offset: 257, name: "an archive of tar",
            help: "unpack it with tar, and name the disk image that was in it"),
    ]
}
