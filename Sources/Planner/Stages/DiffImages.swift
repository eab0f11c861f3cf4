import FleetModel

/// What a fleet's claim on one image on one host goes through.
struct ImageTransition {
    let name: Name
    let change: Change
    let live: ImageDefinition?
    /// Nil: the claim is released.
    let definition: ImageDefinition?
    /// Nil: the claim is released.
    let wanted: UsedImage?
}

/// Compares a host's claims with the images that its guests are to use.
///
/// - Parameters:
///   - names: The images that guests use on any host, to say why one goes from this host.
///   - cached: The names of the files in the host's cache.
func diffImages(
    _ wanted: [Name: UsedImage], names: Set<Name>, on host: ObservedHost, _ cached: Set<String>
) -> [ImageTransition] {
    var transitions: [ImageTransition] = []
    for (name, image) in wanted {
        let live = host.images[name]
        let address = ResourceAddress(.image, name)
        let change: Change
        if let live {
            var fields = imageFields.compactMap { $0.verdict(from: live, to: image.definition, .none)?.field }
            let isMissing = !cached.contains(image.definition.file.fileName)
            guard !fields.isEmpty || isMissing else { continue }
            let isFetched = isMissing || live.file.fileName != image.definition.file.fileName
            let isDrift = fields.isEmpty
            let origins = FieldOrigins(image.desired)
            for index in fields.indices { fields[index].origin = origins.origin(of: fields[index].path) }
            change = Change(
                address: address, host: host.name, action: .update, impact: .live,
                causes: (isDrift ? ["its file is missing from the cache"] : []) + (isFetched ? image.fetching : []),
                fields: fields, isDrift: isDrift,
                before: .image(live), after: .image(image.definition))
        } else {
            change = Change(
                address: address, host: host.name, action: .create, impact: nil, causes: image.fetching,
                after: .image(image.definition))
        }
        transitions.append(
            ImageTransition(
                name: name, change: change, live: live, definition: image.definition, wanted: image))
    }
    for (name, live) in host.images where wanted[name] == nil {
        let cause = names.contains(name) ? "no guest on \(host.name) uses it any more" : "no guest uses it any more"
        let change = Change(
            address: ResourceAddress(.image, name), host: host.name, action: .destroy, impact: .live, causes: [cause],
            before: .image(live))
        transitions.append(ImageTransition(name: name, change: change, live: live, definition: nil, wanted: nil))
    }
    return transitions.sorted { $0.name < $1.name }
}

extension UsedImage {
    /// What is said of an image whose size and format show when it is on the host.
    fileprivate var fetching: [String] {
        switch desired.source {
        case .remote(let file): ["fetched from \(file); how large it is, is known then"]
        case .local(let file) where desired.virtualSize == nil:
            ["unpacked from \(file.path); how large it is, is known then"]
        case .local: []
        }
    }
}
