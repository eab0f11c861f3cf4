import FleetModel

/// A file in a host's cache.
public struct StoredFile: Codable, Hashable, Sendable {
    public var digest: Digest
    /// Nil: a part of a file that is not whole.
    public var format: CachedFile.Format?
    /// Bytes of the file.
    public var size: ByteCount
    /// Bytes that it takes on the disk: holes take none.
    public var allocated: ByteCount
    /// The size of the disk that it describes; nil: it is no disk image.
    public var virtualSize: ByteCount?
    /// True: somebody is at it.
    public var isBusy: Bool

    public init(
        digest: Digest, format: CachedFile.Format?, size: ByteCount, allocated: ByteCount,
        virtualSize: ByteCount? = nil,
        isBusy: Bool = false
    ) {
        self.digest = digest
        self.format = format
        self.size = size
        self.allocated = allocated
        self.virtualSize = virtualSize
        self.isBusy = isBusy
    }

    /// Its name in the cache.
    public var fileName: String { format.map { "\(digest).\($0.rawValue)" } ?? HostLayout.partName(digest) }
}
