/// What is kept of a guest that was destroyed: the files of disks with `onDestroy: keep`. A guest that is made under its
/// name in its fleet has them again.
public struct RetainedGuest: Codable, Hashable, Sendable {
    public var owner: Owner
    public var name: Name
    /// Where the files lie.
    public var folder: String
    /// When the guest was destroyed, in seconds since 1970.
    public var since: Int64
    /// Sorted by name.
    public var disks: [KeptDisk]

    public init(owner: Owner, name: Name, folder: String, since: Int64, disks: [KeptDisk]) {
        self.owner = owner
        self.name = name
        self.folder = folder
        self.since = since
        self.disks = disks
    }

    /// What its disks may grow to.
    public var size: ByteCount { disks.reduce(into: .zero) { $0 += $1.size } }

    public func path(of disk: KeptDisk) -> String { GuestFolder(path: folder).disk(disk.name, disk.format) }

    /// As what is removed where kept disks are not wanted any more.
    public var leftover: Leftover {
        Leftover(
            kind: .retainedGuest, subject: folder,
            proof: "guest \(name) of fleet \(owner.fleet) was destroyed, and its manifest said to keep them",
            fleet: owner.fleet, disks: disks.map(\.name))
    }
}

/// `kept.json`: which of a destroyed guest's files are to stay.
public struct RetainedRecord: Codable, Hashable, Sendable {
    public static let currentSchema = 1

    public var schema = Self.currentSchema
    public var owner: Owner
    public var name: Name
    public var since: Int64
    public var disks: [Name]

    public init(owner: Owner, name: Name, since: Int64, disks: [Name]) {
        self.owner = owner
        self.name = name
        self.since = since
        self.disks = disks
    }
}
