extension LiveHost {
    /// What the object that an operation is about looks like now; nil: the operation does not rely on one.
    public func fingerprint(of operation: Operation) -> Fingerprint? {
        switch operation {
        case .defineGuest(let definition), .changeGuest(let definition, _): fingerprint(of: definition.reference)
        case .renameGuest(let guest, _), .startGuest(let guest), .stopGuest(let guest, _), .removeGuest(let guest, _),
            .awaitReady(let guest, _):
            fingerprint(of: guest)
        case .ensureNetwork(let definition), .renameNetwork(let definition, _), .removeNetwork(let definition):
            (networks.first { $0.definition.id == definition.id && $0.definition.owner == definition.owner }
                ?? networks.first { $0.definition.owner == definition.owner && $0.definition.name == definition.name })
                .map { Fingerprint($0) } ?? .absent
        case .claimImage(let claim), .releaseImage(let claim):
            images.first { $0.owner == claim.owner && $0.name == claim.name }.map { Fingerprint($0) } ?? .absent
        case .cacheFile, .fetchImage, .removeCachedFile, .removeLeftover: nil
        }
    }

    private func fingerprint(of guest: GuestReference) -> Fingerprint {
        guests.first { $0.definition.owner.fleet == guest.fleet && $0.definition.name == guest.name }
            .map { Fingerprint($0) } ?? .absent
    }
}
