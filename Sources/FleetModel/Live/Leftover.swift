/// Something that bears this instance's mark and belongs to no definition: what an interrupted change leaves.
public struct Leftover: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Sendable {
        /// A QEMU process of a guest that has no definition.
        case process
        /// The process of a TPM whose guest does not run.
        case tpmProcess
        /// A guest's folder under `/run` without process or definition.
        case runFolder
        /// A guest's or network's folder without a definition.
        case stateFolder
        case interface
        case nftTable
        /// A DHCP and DNS server of a network that has no definition.
        case dhcpServer
        /// A file in the cache that is not whole, or that nothing refers to.
        case cacheFile
        case temporaryFile
        /// The disks that are kept of a guest that was destroyed, where they are to go, too.
        case retainedGuest
    }

    public var kind: Kind
    /// Path, interface, table or pid: what the operation that removes it acts on.
    public var subject: String
    /// Why it is ours: the mark, the path or the command line that was seen.
    public var proof: String
    /// The fleet that it is known to belong to; nil: the instance's own.
    public var fleet: Name?
    /// For a process: what it takes of its host.
    public var process: StrangerProcess?
    /// For a folder: the disks whose files lie in it; nil: there are none.
    public var disks: [Name]?

    public init(
        kind: Kind, subject: String, proof: String, fleet: Name? = nil, process: StrangerProcess? = nil,
        disks: [Name]? = nil
    ) {
        self.kind = kind
        self.subject = subject
        self.proof = proof
        self.fleet = fleet
        self.process = process
        self.disks = disks
    }

    /// What removing it does: a process is a guest's system that runs, and a folder may hold the only copy of its data.
    public var impact: Impact { kind == .process || disks?.isEmpty == false ? .destroy : .live }

    /// True where both are the same thing, whatever it takes by now.
    public func isSame(as other: Leftover) -> Bool {
        kind == other.kind && subject == other.subject && proof == other.proof
    }
}
