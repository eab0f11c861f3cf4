/// A file on the control machine, as it was when the manifest was read.
public struct LocalFile: Codable, Hashable, Sendable {
    /// Absolute.
    public var path: String
    public var digest: Digest
    public var size: ByteCount

    public init(path: String, digest: Digest, size: ByteCount) {
        self.path = path
        self.digest = digest
        self.size = size
    }
}

/// A disk image as the manifest declares it and as its file was measured.
public struct DesiredImage: Equatable, Sendable {
    public var name: Name
    public var labels: [String: String]
    public var file: LocalFile
    public var format: DiskFormat
    /// The size of the disk that the image describes; a guest's disk is at least as large.
    public var virtualSize: ByteCount
    public var origin: SourceRange?
    /// Where fields were set, by their paths; what is not set is measured of the file at `source`.
    public var origins: [FieldOrigin]

    public init(
        name: Name, labels: [String: String] = [:], file: LocalFile, format: DiskFormat, virtualSize: ByteCount,
        origin: SourceRange? = nil, origins: [FieldOrigin] = []
    ) {
        self.name = name
        self.labels = labels
        self.file = file
        self.format = format
        self.virtualSize = virtualSize
        self.origin = origin
        self.origins = origins
    }
}

/// The format of a disk image, as `qemu-img` names it.
public enum DiskFormat: String, Codable, Sendable, CaseIterable {
    case qcow2, raw
}
