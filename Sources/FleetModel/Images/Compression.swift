/// What a file was made smaller with, as its first bytes show.
public enum Compression: String, Sendable, CaseIterable {
    case gzip, xz, zstd

    /// RFC 1952, the .xz file format 1.2, RFC 8878.
    private var magic: [UInt8] {
        switch self {
        case .gzip: [0x1F, 0x8B]
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
        }
    }

    /// Nil: the file is not compressed, or in another way.
    public init?(header: some Sequence<UInt8>) {
        let start = Array(header.prefix(8))
        guard let found = Self.allCases.first(where: { start.starts(with: $0.magic) }) else { return nil }
        self = found
    }

    /// The most bytes that a file of so many takes compressed: what cannot be made smaller is kept as it is, with a few
    /// bytes for each 64 KiB at most.
    public static func largest(of size: Int64) -> Int64 { size + size / 1024 + (1 << 20) }

    /// What a name ends in.
    public var suffix: String {
        switch self {
        case .gzip: ".gz"
        case .xz: ".xz"
        case .zstd: ".zst"
        }
    }
}

extension DiskFormat {
    /// What a file's name says of the format of the disk image in it, compressed or not; nil: nothing.
    public init?(fileName: String) {
        var name = fileName.lowercased()
        if let compression = Compression.allCases.first(where: { name.hasSuffix($0.suffix) }) {
            name.removeLast(compression.suffix.count)
        }
        guard let format = Self.allCases.first(where: { name.hasSuffix("." + $0.rawValue) }) else { return nil }
        self = format
    }
}
