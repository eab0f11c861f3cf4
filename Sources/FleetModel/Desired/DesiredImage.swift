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

/// A disk image as the manifest declares it and, where it is a plain file of this machine, as that was measured.
public struct DesiredImage: Equatable, Sendable {
    public var name: Name
    public var labels: [String: String]
    public var source: ImageSource
    /// Of the bytes at the source.
    public var digest: Digest
    public var format: DiskFormat
    /// The size of the disk that the image describes; a guest's disk is at least as large. Nil: it is known when the
    /// image is on its host.
    public var virtualSize: ByteCount?
    public var origin: SourceRange?
    /// Where fields were set, by their paths; what is not set is measured of the file at `source`.
    public var origins: [FieldOrigin]

    public init(
        name: Name, labels: [String: String] = [:], file: LocalFile, format: DiskFormat, virtualSize: ByteCount,
        origin: SourceRange? = nil, origins: [FieldOrigin] = []
    ) {
        self.init(
            name: name, labels: labels, source: .local(file), digest: file.digest, format: format, origin: origin,
            origins: origins)
        self.virtualSize = virtualSize
    }

    /// An image that is on the web, or compressed.
    public init(
        name: Name, labels: [String: String] = [:], source: ImageSource, digest: Digest, format: DiskFormat,
        origin: SourceRange? = nil, origins: [FieldOrigin] = []
    ) {
        self.name = name
        self.labels = labels
        self.source = source
        self.digest = digest
        self.format = format
        self.origin = origin
        self.origins = origins
    }

    /// The size of the file in a host's cache; nil: it is known when the image is there.
    public var size: ByteCount? {
        if case .local(let file) = source, virtualSize != nil { file.size } else { nil }
    }
}

/// The format of a disk image, as `qemu-img` names it.
public enum DiskFormat: String, Codable, Sendable, CaseIterable {
    case qcow2, raw
}
