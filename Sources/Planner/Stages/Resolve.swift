import FleetModel

/// A guest with everything settled that the manifest leaves open.
struct ResolvedGuest {
    let desired: DesiredGuest
    let id: ObjectID
    let spec: GuestSpec
    /// A position in the host's `live.guests`; nil: it is new.
    let live: Int?

    var name: Name { desired.name }
}

/// A network on a host that has guests on it.
struct CarriedNetwork {
    let desired: DesiredNetwork
    let id: ObjectID
    let live: LiveNetwork?
}

/// An image that guests on a host use.
struct UsedImage {
    let desired: DesiredImage
    let definition: ImageDefinition
    /// The size of the smallest disk that is made from it.
    var smallestDisk: ByteCount
}

/// The desired fleet as it is to be on the hosts.
struct ResolvedFleet {
    /// For each host, sorted by name. Guests that were refused are left out.
    var guests: [[ResolvedGuest]] = []
    /// For each host, by name.
    var networks: [[Name: CarriedNetwork]] = []
    /// For each host, by name.
    var images: [[Name: UsedImage]] = []
    var remarks = Remarks()
}

/// Gives each placed guest its identity, addresses, accelerator, and the digests of what it starts from.
func resolve(_ placement: Placement, desired: DesiredFleet, on observed: ObservedFleet) -> ResolvedFleet {
    var resolved = ResolvedFleet()
    let images = Dictionary(desired.images.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    resolved.networks = carryNetworks(placement, desired: desired, on: observed)
    resolved.images = observed.hosts.map { _ in [:] }
    resolved.guests = observed.hosts.map { _ in [] }

    let ids = drawIdentities(placement, on: observed)
    var addresses = AddressBook(desired.networks, on: observed)
    let nics = addresses.assign(
        zip(placement.guests, ids).map { guest, id in
            AddressBook.Asker(
                guest: guest.desired, id: id, networks: resolved.networks[guest.host],
                live: guest.live.map { observed.hosts[guest.host].live.guests[$0].definition.spec.nics } ?? [])
        }, &resolved.remarks)

    var processors = ProcessorChooser(hosts: observed.hosts)
    for (position, guest) in placement.guests.enumerated() {
        guard let processor = processors.choose(for: guest.desired, on: guest.host, &resolved.remarks) else { continue }
        let wanted = guest.desired
        for disk in wanted.disks {
            guard let name = disk.image, let image = images[name] else { continue }
            let used =
                resolved.images[guest.host][name]
                ?? UsedImage(
                    desired: image, definition: image.definition(owner: observed.hosts[guest.host].owner),
                    smallestDisk: disk.size)
            resolved.images[guest.host][name] = used.with(disk.size)
        }
        let spec = GuestSpec(
            labels: wanted.labels, cpus: wanted.cpus, maxCPUs: wanted.maxCPUs, memory: wanted.memory,
            maxMemory: wanted.maxMemory, machine: wanted.machine, accelerator: processor.accelerator,
            cpuModel: processor.model, firmware: wanted.firmware, hasTPM: wanted.hasTPM, devices: wanted.devices,
            display: wanted.display, boot: wanted.boot?.spec,
            disks: wanted.disks.map { disk in
                DiskSpec(
                    name: disk.name, base: disk.image.flatMap { images[$0]?.base }, size: disk.size,
                    format: disk.format, bus: disk.bus, cache: disk.cache, aio: disk.aio, discard: disk.discard,
                    hasIOThread: disk.hasIOThread, iops: disk.iops, bandwidth: disk.bandwidth,
                    onRemove: disk.onRemove, onDestroy: disk.onDestroy)
            },
            nics: nics[position], cloudInit: wanted.cloudInit, power: wanted.power, stopGrace: wanted.stopGrace,
            isProtected: wanted.isProtected, secrets: wanted.secrets)
        resolved.guests[guest.host].append(
            ResolvedGuest(desired: wanted, id: ids[position], spec: spec, live: guest.live))
    }
    resolved.remarks.refuseWithoutQEMU(resolved.guests, on: observed)
    resolved.remarks.refuseMissingFeatures(resolved.guests, on: observed)
    resolved.remarks.refuseRestartPolicies(resolved.guests, on: observed)
    resolved.remarks.refuseDiskAccess(resolved.guests, on: observed)
    return resolved
}

/// The live guest's id, else the first of the name's sequence that is free on the host.
private func drawIdentities(_ placement: Placement, on observed: ObservedFleet) -> [ObjectID] {
    var taken = observed.hosts.map { Set($0.live.guests.map(\.definition.id)) }
    return placement.guests.map { guest in
        if let live = guest.live { return observed.hosts[guest.host].live.guests[live].definition.id }
        return firstFree(.guest, observed.name, guest.desired.name, &taken[guest.host])
    }
}

private func firstFree(_ kind: Kind, _ fleet: Name, _ name: Name, _ taken: inout Set<ObjectID>) -> ObjectID {
    var attempt = 0
    while true {
        let id = ObjectID(kind: kind, fleet: fleet, name: name, attempt: attempt)
        if taken.insert(id).inserted { return id }
        attempt += 1
    }
}

/// On each host, the networks that its guests are on: the live one of the name, or of the name it had, or a new one.
private func carryNetworks(
    _ placement: Placement, desired: DesiredFleet, on observed: ObservedFleet
) -> [[Name: CarriedNetwork]] {
    let networks = desired.networks.sorted { $0.name < $1.name }
    let names = Set(networks.map(\.name))
    var used: [Set<Name>] = observed.hosts.map { _ in [] }
    for guest in placement.guests { for nic in guest.desired.nics { used[guest.host].insert(nic.network) } }

    return observed.hosts.indices.map { index in
        let host = observed.hosts[index]
        var taken = Set(host.live.networks.map(\.definition.id))
        var carried: [Name: CarriedNetwork] = [:]
        var renamed: Set<Name> = []
        for network in networks where used[index].contains(network.name) {
            var live = host.networks[network.name]
            if live == nil, let former = network.formerly, !names.contains(former), renamed.insert(former).inserted {
                live = host.networks[former]
            }
            let id = live?.definition.id ?? firstFree(.network, observed.name, network.name, &taken)
            carried[network.name] = CarriedNetwork(desired: network, id: id, live: live)
        }
        return carried
    }
}

extension Remarks {
    fileprivate mutating func refuseWithoutQEMU(_ guests: [[ResolvedGuest]], on observed: ObservedFleet) {
        for index in guests.indices where !guests[index].isEmpty && observed.hosts[index].live.facts.qemuVersion == nil
        {
            refuse(
                "qemu-missing", "host.\(observed.hosts[index].name) has no QEMU, and guests are to run there",
                help: "install it there: apt install qemu-system-x86 qemu-utils")
        }
    }
}

extension Remarks {
    /// A guest that would not come up again is not taken down.
    fileprivate mutating func refuseMissingFeatures(_ guests: [[ResolvedGuest]], on observed: ObservedFleet) {
        for (host, guests) in zip(observed.hosts, guests) {
            for guest in guests {
                for feature in guest.spec.neededFeatures where !host.live.facts.features.contains(feature) {
                    refuse(
                        "\(feature.rawValue)-missing",
                        "guest.\(guest.name) needs \(feature.text), which host.\(host.name) does not have",
                        help: "install it there: apt install \(feature.packages)",
                        range: FieldOrigins(guest.desired).origin(of: feature == .tpm ? "tpm" : "firmware")
                            ?? guest.desired.origin,
                        about: ResourceAddress(.guest, guest.name))
                }
            }
        }
    }
}

extension Remarks {
    /// What starts a process again that ended is something that outlives it, and there is none.
    fileprivate mutating func refuseRestartPolicies(_ guests: [[ResolvedGuest]], on observed: ObservedFleet) {
        for (host, guests) in zip(observed.hosts, guests) {
            for guest in guests {
                guard let policy = guest.desired.restart, policy != .never else { continue }
                refuse(
                    "restart-not-supported",
                    "guest.\(guest.name): restart: \(policy.rawValue) is not supported on host.\(host.name): "
                        + "guests are plain processes here",
                    help: "leave out restart, or set it to never",
                    range: FieldOrigins(guest.desired).origin(of: "restart") ?? guest.desired.origin)
            }
        }
    }
}

extension UsedImage {
    fileprivate func with(_ disk: ByteCount) -> UsedImage {
        var image = self
        image.smallestDisk = min(smallestDisk, disk)
        return image
    }
}

extension DesiredImage {
    fileprivate var base: DiskSpec.Base { DiskSpec.Base(image: name, digest: digest, format: format) }

    fileprivate func definition(owner: Owner) -> ImageDefinition {
        let format: CachedFile.Format =
            switch format {
            case .qcow2: .qcow2
            case .raw: .raw
            }
        let cached = CachedFile(digest: digest, format: format, size: size)
        return ImageDefinition(owner: owner, name: name, file: cached, virtualSize: virtualSize)
    }
}

extension DesiredBoot {
    fileprivate var spec: BootSpec {
        switch self {
        case .kernel(let kernel, let initrd, let cmdline):
            BootSpec(kernel: kernel.digest, initrd: initrd?.digest, cmdline: cmdline)
        case .image(let image): BootSpec(image: image.digest)
        }
    }

    /// What the host's cache has to hold, and where each file comes from.
    var files: [(file: CachedFile, path: String)] {
        switch self {
        case .kernel(let kernel, let initrd, _):
            [(kernel.cached(.kernel), kernel.path)] + (initrd.map { [($0.cached(.initrd), $0.path)] } ?? [])
        case .image(let image): [(image.cached(.firmware), image.path)]
        }
    }
}

extension LocalFile {
    fileprivate func cached(_ format: CachedFile.Format) -> CachedFile {
        CachedFile(digest: digest, format: format, size: size)
    }
}
