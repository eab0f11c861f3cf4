import FleetModel

/// One observed host, and on it what bears this fleet's and this instance's mark.
struct ObservedHost {
    let name: Name
    let live: LiveHost
    let policy: HostPolicy
    let cordoned: Bool
    let owner: Owner
    /// Positions of our guests in `live.guests`, in the order of their names.
    let ours: [Int]
    let networks: [Name: LiveNetwork]
    let images: [Name: ImageDefinition]

    init(name: Name, live: LiveHost, policy: HostPolicy, cordoned: Bool, fleet: Name) {
        self.name = name
        self.live = live
        self.policy = policy
        self.cordoned = cordoned
        let owner = Owner(instance: live.facts.instance, fleet: fleet)
        self.owner = owner
        ours = live.guests.indices.filter { live.guests[$0].definition.owner == owner }
            .sorted { live.guests[$0].definition.name < live.guests[$1].definition.name }
        networks = Dictionary(
            live.networks.filter { $0.definition.owner == owner }.map { ($0.definition.name, $0) },
            uniquingKeysWith: { first, _ in first })
        images = Dictionary(
            live.images.filter { $0.owner == owner }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is kept of our guests that were destroyed.
    var retained: [RetainedGuest] { live.retained.filter { $0.owner == owner } }

    var allocatable: HostCapacity.Amounts {
        HostCapacity.Amounts(
            memory: policy.allocatableMemory(of: live.facts.memory),
            cpus: policy.allocatableCPUs(of: live.facts.cpus),
            disk: min(live.facts.disk, policy.disk ?? live.facts.disk))
    }

    /// What guests, ours and others', processes that are left over, and strangers have now. Disks count with their virtual sizes, whether their
    /// guest runs or has them still or not.
    var taken: HostCapacity.Amounts {
        var taken = HostCapacity.Amounts()
        for guest in live.guests {
            taken.memory += guest.memoryCost
            taken.cpus += guest.runningCPUs
            taken.disk += guest.diskSize
        }
        for stranger in live.strangers + live.leftovers.compactMap(\.process) {
            taken.memory += stranger.memory
            taken.cpus += stranger.cpus
        }
        for guest in live.retained { taken.disk += guest.size }
        for file in live.cache { taken.disk += file.size ?? .zero }
        return taken
    }

    /// The accelerator that `auto` means here.
    var preferredAccelerator: Accelerator { live.facts.kvm == .works ? .kvm : .tcg }
}

extension LiveGuest {
    /// What the process was started with, else what the definition says.
    var effectiveSpec: GuestSpec { process?.spec ?? definition.spec }
    var runningCPUs: Int { hasProcess ? effectiveSpec.cpus : 0 }
    /// What its disks may grow to, those that it has no more and whose files were kept included.
    var diskSize: ByteCount { keptDisks.reduce(definition.spec.diskSize) { $0 + $1.size } }
}

extension GuestSpec {
    var diskSize: ByteCount { disks.reduce(into: .zero) { $0 += $1.size } }
}

/// What a host can give and what is taken of it, with nothing planned.
public func observedCapacity(of live: LiveHost, name: Name, policy: HostPolicy = HostPolicy()) -> HostCapacity {
    // Whose objects they are does not matter for what they take; any fleet's name will do.
    let host = ObservedHost(name: name, live: live, policy: policy, cordoned: false, fleet: name)
    let taken = host.taken
    return HostCapacity(host: name, allocatable: host.allocatable, before: taken, peak: taken, after: taken)
}
