/// What a guest needs of its host to come up, and what no step of the plan prepares: it was there when the plan was
/// made.
public enum Reliance: Codable, Hashable, Sendable {
    /// A network, by its id: with this definition, and without defects.
    case network(ObjectID, name: Name, Fingerprint)
    /// A file in the host's cache, by its name there.
    case cachedFile(String)
    /// The fleet's claim on an image, with the name of its file.
    case claim(image: Name, file: String)
    /// The program that guests run in.
    case emulator
}

extension LiveHost {
    /// Why the host cannot be relied on so; nil: it can.
    ///
    /// - Parameter owner: the fleet's, on this host.
    public func fault(of reliance: Reliance, owner: Owner) -> String? {
        switch reliance {
        case .network(let id, _, let expected):
            guard let network = networks.first(where: { $0.definition.id == id && $0.definition.owner == owner }) else {
                return "it is gone"
            }
            guard Fingerprint(specOf: network) == expected else { return "its definition is another one" }
            let defects = network.defectsForGuests.map(\.text)
            return defects.isEmpty ? nil : defects.joined(separator: "\n")
        case .cachedFile(let name):
            return cache.contains { $0.fileName == name } ? nil : "\(name) is missing from the cache"
        case .claim(let image, let file):
            guard let claim = images.first(where: { $0.owner == owner && $0.name == image }) else {
                return "it is gone"
            }
            return claim.file.fileName == file ? nil : "its file is another one"
        case .emulator:
            return facts.qemuVersion == nil ? "QEMU is not installed any more" : nil
        }
    }
}

extension LiveNetwork {
    /// The defects that a guest meets as it comes up. Interfaces that are not attached are those of other guests, or
    /// its former ones.
    public var defectsForGuests: [Defect] { defects.filter { $0 != .guestDetached } }
}
