import FleetModel

/// The fields of a network. A restart is of the guests on it.
let networkFields: [FieldRule<NetworkSpec>] = [
    FieldRule("mode", \.mode, text: { $0.rawValue }, [.always("any", "`nat` or `isolated`", .live)]),
    FieldRule("ipv4.subnet", \.subnet, text: { "\($0)" }, [.always("any", "any", .restart)]),
    FieldRule("ipv4.gateway", \.gateway, text: { "\($0)" }, [.always("any", "any", .restart)]),
    FieldRule("ipv4.dhcp.range", \.range, text: { "\($0)" }, [.always("any", "any", .live)]),
    FieldRule("ipv4.dhcp.lease", \.lease, text: { "\($0)" }, [.always("any", "any", .live)]),
    FieldRule("dns.domain", \.domain, text: { $0 }, [.always("any", "any", .live)]),
    FieldRule(
        "dns.upstream", \.upstream,
        text: { servers in servers.isEmpty ? nil : servers.map(\.description).joined(separator: ", ") },
        [.always("any", "any", .live)]),
    FieldRule(
        "mtu", \.mtu, text: { "\($0)" },
        [.always("any", "any", .live, note: { _ in "reaches a running guest at its restart" })]),
    FieldRule("filter.spoofing", \.filter.spoofing, text: { $0.rawValue }, [.always("any", "any", .live)]),
    FieldRule("filter.betweenGuests", \.filter.betweenGuests, text: { $0.rawValue }, [.always("any", "any", .live)]),
]

/// The fields of a fleet's claim on an image.
let imageFields: [FieldRule<ImageDefinition>] = [
    FieldRule(
        "sha256", \.file.digest, text: { $0.short },
        [.always("any", "other bytes; of its guests, see `disks.NAME.image`", .live)]),
    FieldRule(
        "format", \.file.format, text: { $0.rawValue },
        [.always("any", "any; of its guests, see `disks.NAME.image`", .live)]),
    FieldRule(
        "virtualSize",
        // What is not known is no other size.
        differs: { old, new in
            if let before = old.virtualSize, let after = new.virtualSize { before != after } else { false }
        },
        text: { $0.virtualSize.map { "\($0)" } }, [.always("any", "measured, not written", .live)]),
]
