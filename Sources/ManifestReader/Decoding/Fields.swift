/// Every field of the manifest `lodge/v1`, by the mapping that it belongs to. A field under `notYet` is known and
/// refused, so that it is never read and ignored.

enum DocumentField: Int, FieldNames {
    case apiVersion, kind, metadata, spec
    static let table = FieldTable("a document", Self.self)
}

enum MetadataField: Int, FieldNames {
    case name, labels, formerly
    static let table = FieldTable("metadata", Self.self)
}

enum FleetField: Int, FieldNames {
    case defaults, policy
    static let table = FieldTable("a fleet's spec", Self.self)
}

enum FleetPolicyField: Int, FieldNames {
    case maxImpact, maxUnavailable, headroom, placement
    static let table = FieldTable("a fleet's policy", Self.self, notYet: [.headroom, .placement])
}

enum HostField: Int, FieldNames {
    case connection, reserve, overcommit, storage, address, cordoned, drain, privilege, capacity
    static let table = FieldTable("a host's spec", Self.self, notYet: [.address, .drain])
}

enum HostReserveField: Int, FieldNames {
    case memory, cpus
    static let table = FieldTable("reserve", Self.self)
}

enum HostStorageField: Int, FieldNames {
    case path, reserve
    static let table = FieldTable("storage", Self.self)
}

enum HostOvercommitField: Int, FieldNames {
    case memory, cpu
    static let table = FieldTable("overcommit", Self.self)
}

enum HostCapacityField: Int, FieldNames {
    case memory, cpus, disk
    static let table = FieldTable("capacity", Self.self)
}

enum NetworkField: Int, FieldNames {
    case mode, ipv4, ipv6, dns, bridge, uplink, overlay, mtu, hosts, filter
    static let table = FieldTable(
        "a network's spec", Self.self, notYet: [.ipv6, .bridge, .uplink, .overlay, .hosts])
}

enum NetworkFilterField: Int, FieldNames {
    case spoofing, betweenGuests
    static let table = FieldTable("filter", Self.self)
}

enum NetworkIPv4Field: Int, FieldNames {
    case subnet, gateway, dhcp
    static let table = FieldTable("ipv4", Self.self)
}

enum NetworkDHCPField: Int, FieldNames {
    case range, lease
    static let table = FieldTable("dhcp", Self.self)
}

enum NetworkDNSField: Int, FieldNames {
    case domain, upstream
    static let table = FieldTable("dns", Self.self)
}

enum ImageField: Int, FieldNames {
    case source, sha256, format
    static let table = FieldTable("an image's spec", Self.self)
}

enum GuestField: Int, FieldNames {
    case host, cpus, memory, machine, accelerator, cpu, boot, disks, nics, cloudInit, power, stop, ready
    case placement, maxMemory, maxCpus, firmware, tpm, restart, protect, update, devices, display, profiles
    static let table = FieldTable(
        "a guest's spec", Self.self, notYet: [.placement])
}

enum GuestUpdateField: Int, FieldNames {
    case snapshotBefore, maxImpact, order
    static let table = FieldTable("update", Self.self)
}

enum GuestSetField: Int, FieldNames {
    case replicas, template, rollout
    static let table = FieldTable("a guest set's spec", Self.self)
}

enum GuestTemplateField: Int, FieldNames {
    case metadata, spec
    static let table = FieldTable("a guest set's template", Self.self)
}

enum TemplateMetadataField: Int, FieldNames {
    case labels
    static let table = FieldTable("a template's metadata", Self.self)
}

enum RolloutField: Int, FieldNames {
    case maxUnavailable, pauseAfterFailure
    static let table = FieldTable("rollout", Self.self)
}

enum ValueFromField: Int, FieldNames {
    case file, env
    static let table = FieldTable("valueFrom", Self.self)
}

/// What stands in place of a text that comes from elsewhere.
enum SensitiveField: Int, FieldNames {
    case valueFrom
    static let table = FieldTable("a value from elsewhere", Self.self)
}

enum GuestCPUField: Int, FieldNames {
    case model
    static let table = FieldTable("cpu", Self.self)
}

enum GuestBootField: Int, FieldNames {
    case kernel, initrd, cmdline, image
    static let table = FieldTable("boot", Self.self)
}

enum GuestDiskField: Int, FieldNames {
    case name, image, size, format, bus, cache, aio, discard, ioThread, iops, bandwidth, onRemove, onDestroy
    static let table = FieldTable("a disk", Self.self)
}

enum GuestNICField: Int, FieldNames {
    case name, network, mac, ipv4, bandwidth
    static let table = FieldTable("a NIC", Self.self)
}

enum CloudInitField: Int, FieldNames {
    case hostname, users, packages, runCommands, writeFiles, userData, networkConfig, onChange
    static let table = FieldTable("cloudInit", Self.self)
}

enum CloudInitUserField: Int, FieldNames {
    case name, sshKeys, sudo, shell, groups, passwordHash
    static let table = FieldTable("a user", Self.self)
}

enum CloudInitFileField: Int, FieldNames {
    case path, content, permissions, owner
    static let table = FieldTable("a file to write", Self.self)
}

enum GuestStopField: Int, FieldNames {
    case graceful
    static let table = FieldTable("stop", Self.self)
}

enum GuestReadyField: Int, FieldNames {
    case when, timeout
    static let table = FieldTable("ready", Self.self)
}
