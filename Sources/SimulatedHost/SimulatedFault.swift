import FleetModel

/// Why a simulated host did not perform an operation: the conditions under which a real one refuses it too.
public enum SimulatedFault: Error, Hashable, Sendable, CustomStringConvertible {
    case noSuchGuest(Name)
    case noSuchNetwork(Name)
    case guestRuns(Name)
    case guestDoesNotRun(Name)
    case nameTaken(ResourceAddress)
    case fileNotCached(String)
    /// A guest's process has a NIC on the network.
    case networkInUse(Name, by: Name)
    case notEnoughMemory(Name, lacking: ByteCount)

    public var description: String {
        switch self {
        case .noSuchGuest(let name): "guest \(name) is not defined on this host"
        case .noSuchNetwork(let name): "network \(name) is not defined on this host"
        case .guestRuns(let name): "guest \(name) runs, and this needs it stopped"
        case .guestDoesNotRun(let name): "guest \(name) does not run"
        case .nameTaken(let address): "\(address) is there already"
        case .fileNotCached(let file): "\(file) is not in the cache"
        case .networkInUse(let network, let guest): "network \(network) is in use by guest \(guest)"
        case .notEnoughMemory(let guest, let lacking): "starting guest \(guest) needs \(lacking.rounded) more memory"
        }
    }
}
