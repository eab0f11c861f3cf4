/// One named thing that a host can be asked to do. Each can be run twice: what is done already is left as it is.
public indirect enum Operation: Codable, Hashable, Sendable {
    /// Copies a file into the host's cache, checking its digest on the bytes themselves.
    case cacheFile(CachedFile, path: String)
    /// Brings an image into the host's cache that could not be measured before: fetches it from the web or copies it,
    /// checks the digest of those bytes, unpacks them, and refuses an image that is not of the file's format, refers to
    /// other files, or describes a disk larger than the limit, which is the size of the smallest that is made from it.
    case fetchImage(CachedFile, from: ImageSource, limit: ByteCount)
    /// Records the fleet's claim on a cached image; its file is in the cache already.
    case claimImage(ImageDefinition)
    /// Drops the claim.
    case releaseImage(ImageDefinition)
    /// Removes a cached file, unless something refers to it.
    case removeCachedFile(CachedFile)
    /// Makes bridge, address, rules and DHCP server what the definition says, whatever is there of them.
    case ensureNetwork(NetworkDefinition)
    /// Renames folder and marks; nothing that runs is interrupted.
    case renameNetwork(NetworkDefinition, to: Name)
    /// Removes everything of the network.
    case removeNetwork(NetworkDefinition)
    /// Writes the definition, makes the disks in its `pendingDisks` anew and those that are missing, grows the
    /// others, and builds the seed. The guest does not run.
    case defineGuest(GuestDefinition)
    /// Writes the definition of a running guest and makes the changes, in their order. One that does not take leaves
    /// the record of the process as it was: a restart is then pending.
    case changeGuest(GuestDefinition, [LiveChange])
    /// Renames folder and marks; nothing that runs is interrupted.
    case renameGuest(GuestReference, to: Name)
    /// Starts the process of a defined guest, after checking that the host has the memory.
    case startGuest(GuestReference)
    /// Waits until the guest is ready; the addresses are those that have to answer, in the order of its NICs.
    case awaitReady(GuestReference, Readiness)
    /// Presses the power button, waits, then turns the guest off.
    case stopGuest(GuestReference, grace: Timespan)
    /// Removes a stopped guest: its disks but those to be kept, seed, definition and reservations.
    case removeGuest(GuestReference, keeping: [Name])
    case removeLeftover(Leftover)

    /// True for waits and downloads: they may be cut short, and what is left is good for the next time.
    public var isWait: Bool {
        switch self {
        case .awaitReady, .fetchImage: true
        default: false
        }
    }

    /// The same operation without the password that a URL may have.
    public var withoutCredentials: Operation {
        if case .fetchImage(let file, let source, let limit) = self {
            .fetchImage(file, from: source.withoutCredentials, limit: limit)
        } else {
            self
        }
    }
}
