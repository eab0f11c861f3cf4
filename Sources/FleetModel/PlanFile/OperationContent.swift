extension Operation {
    /// The guest's definition that the operation writes; nil: it writes none.
    var definition: GuestDefinition? {
        switch self {
        case .defineGuest(let definition), .changeGuest(let definition, _): definition
        default: nil
        }
    }

    /// The same operation with another spec in the definition that it writes.
    func replacingSpec(
        _ replace: (GuestSpec) throws(UnknownSensitiveField) -> GuestSpec
    ) throws(UnknownSensitiveField) -> Operation {
        switch self {
        case .defineGuest(var definition):
            definition.spec = try replace(definition.spec)
            return .defineGuest(definition)
        case .changeGuest(var definition, let changes):
            definition.spec = try replace(definition.spec)
            return .changeGuest(definition, changes)
        default: return self
        }
    }

    /// The same operation for objects of another instance.
    func moved(to instance: InstanceID) -> Operation {
        func move(_ owner: Owner) -> Owner { Owner(instance: instance, fleet: owner.fleet) }
        switch self {
        case .defineGuest(var definition):
            definition.owner = move(definition.owner)
            return .defineGuest(definition)
        case .changeGuest(var definition, let changes):
            definition.owner = move(definition.owner)
            return .changeGuest(definition, changes)
        case .claimImage(var image):
            image.owner = move(image.owner)
            return .claimImage(image)
        case .releaseImage(var image):
            image.owner = move(image.owner)
            return .releaseImage(image)
        case .ensureNetwork(var network):
            network.owner = move(network.owner)
            return .ensureNetwork(network)
        case .renameNetwork(var network, let name):
            network.owner = move(network.owner)
            return .renameNetwork(network, to: name)
        case .removeNetwork(var network):
            network.owner = move(network.owner)
            return .removeNetwork(network)
        case .cacheFile, .fetchImage, .removeCachedFile, .renameGuest, .startGuest, .awaitReady, .stopGuest,
            .removeGuest,
            .removeLeftover:
            return self
        }
    }

    /// The instance whose objects the operation is about, where it names one.
    var instance: InstanceID? {
        switch self {
        case .defineGuest(let definition), .changeGuest(let definition, _): definition.owner.instance
        case .claimImage(let image), .releaseImage(let image): image.owner.instance
        case .ensureNetwork(let network), .renameNetwork(let network, _), .removeNetwork(let network):
            network.owner.instance
        case .cacheFile, .fetchImage, .removeCachedFile, .renameGuest, .startGuest, .awaitReady, .stopGuest,
            .removeGuest,
            .removeLeftover:
            nil
        }
    }
}
