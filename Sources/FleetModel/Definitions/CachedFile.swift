/// A file in a host's cache, named by its digest and shared by every guest that uses it.
public struct CachedFile: Codable, Hashable, Sendable {
    public enum Format: String, Codable, Sendable, CaseIterable {
        case qcow2, raw, kernel, initrd, firmware
    }

    public var digest: Digest
    public var format: Format
    /// Nil: it is known when the file is there.
    public var size: ByteCount?

    public init(digest: Digest, format: Format, size: ByteCount?) {
        self.digest = digest
        self.format = format
        self.size = size
    }

    /// True for what guests' disks are made from; the others are read by QEMU as they are.
    public var isDiskImage: Bool { format == .qcow2 || format == .raw }

    /// The file's name in the cache folder. It has the digest of the bytes as they were served: what was compressed lies
    /// there unpacked.
    public var fileName: String { "\(digest).\(format.rawValue)" }
}

/// A fleet's claim on a cached image: `images/<fleet>/<name>.json`. A cached file that no claim and no guest's
/// definition refers to is a leftover.
public struct ImageDefinition: Codable, Hashable, Sendable {
    public static let currentSchema = 1

    public var schema: Int
    public var owner: Owner
    public var name: Name
    public var file: CachedFile
    /// Nil: it is known when the file is there.
    public var virtualSize: ByteCount?

    public init(owner: Owner, name: Name, file: CachedFile, virtualSize: ByteCount?) {
        schema = Self.currentSchema
        self.owner = owner
        self.name = name
        self.file = file
        self.virtualSize = virtualSize
    }
}
