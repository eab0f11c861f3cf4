/// One change to a guest while it runs. Each can be made twice: what is so already is left as it is.
public enum LiveChange: Codable, Hashable, Sendable {
    /// Up: memory is plugged in. Down: it is unplugged, and below what the process was started with put in the
    /// balloon. The guest has to co-operate.
    case setMemory(ByteCount)
    /// The guest has to co-operate.
    case setCPUs(Int)
    /// Makes the disk's file where it is missing, and plugs it in.
    case addDisk(DiskSpec)
    /// Unplugs the disk; its file stays, unless its data is not to be kept.
    case removeDisk(Name, deletesFile: Bool)
    case growDisk(Name, to: ByteCount)
    /// Nil: no limit.
    case limitDisk(Name, iops: Int?, bandwidth: DataRate?)
    case addNIC(NICSpec)
    case removeNIC(Name)
    /// Nil: no limit.
    case limitNIC(Name, DataRate?)
    /// Attaches the NIC to another network, and lets the guest see its cable pulled and plugged, so that it asks for
    /// an address there.
    case moveNIC(NICSpec)
    /// Ejects the seed and inserts the one that the new definition describes.
    case exchangeSeed
    /// Takes over what the process itself does not notice: labels, protection, how it is stopped.
    case record

    /// In one word for people, such as `plug memory`.
    public var verb: String {
        switch self {
        case .setMemory: "resize memory"
        case .setCPUs: "set CPUs"
        case .addDisk(let disk): "add disk \(disk.name)"
        case .removeDisk(let name, _): "remove disk \(name)"
        case .growDisk(let name, _): "grow disk \(name)"
        case .limitDisk(let name, _, _): "limit disk \(name)"
        case .addNIC(let nic): "add NIC \(nic.name)"
        case .removeNIC(let name): "remove NIC \(name)"
        case .limitNIC(let name, _): "limit NIC \(name)"
        case .moveNIC(let nic): "move NIC \(nic.name)"
        case .exchangeSeed: "exchange seed"
        case .record: "record"
        }
    }
}

extension GuestSpec {
    /// What a process has once the changes have been made to it.
    ///
    /// - Parameter target: the definition that the changes lead to.
    public mutating func take(_ changes: [LiveChange], of target: GuestSpec) {
        for change in changes {
            switch change {
            case .setMemory(let size): memory = size
            case .setCPUs(let count): cpus = count
            case .addDisk(let disk): disks.replace(disk, named: disk.name)
            case .removeDisk(let name, _): disks.removeAll { $0.name == name }
            case .growDisk(let name, let size): disks.change(name) { $0.size = size }
            case .limitDisk(let name, let iops, let bandwidth):
                disks.change(name) { ($0.iops, $0.bandwidth) = (iops, bandwidth) }
            case .addNIC(let nic), .moveNIC(let nic): nics.replace(nic, named: nic.name)
            case .removeNIC(let name): nics.removeAll { $0.name == name }
            case .limitNIC(let name, let bandwidth): nics.change(name) { $0.bandwidth = bandwidth }
            case .exchangeSeed: cloudInit = target.cloudInit
            case .record: record(target)
            }
        }
    }

    /// What only the record of a process has, and not the process itself.
    private mutating func record(_ target: GuestSpec) {
        labels = target.labels
        stopGrace = target.stopGrace
        isProtected = target.isProtected
        secrets = target.secrets
        power = target.power
        for disk in target.disks {
            disks.change(disk.name) {
                ($0.base, $0.onRemove, $0.onDestroy) = (disk.base, disk.onRemove, disk.onDestroy)
            }
        }
        for nic in target.nics { nics.change(nic.name) { $0.network = nic.network } }
        cloudInit?.onChange = target.cloudInit?.onChange ?? .ignore
    }
}

extension Array where Element: Named {
    fileprivate mutating func change(_ name: Name, _ body: (inout Element) -> Void) {
        for index in indices where self[index].name == name { body(&self[index]) }
    }

    fileprivate mutating func replace(_ element: Element, named name: Name) {
        if let index = firstIndex(where: { $0.name == name }) { self[index] = element } else { append(element) }
    }
}
