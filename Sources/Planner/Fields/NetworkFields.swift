import FleetModel

/// The fields of a network. A restart is of the guests on it.
let networkFields: [FieldRule<NetworkSpec>] = [
    FieldRule("mode", \.mode, .live, text: { $0.rawValue }),
    FieldRule("ipv4.subnet", \.subnet, .restart, text: { "\($0)" }),
    FieldRule("ipv4.gateway", \.gateway, .restart, text: { "\($0)" }),
    FieldRule("ipv4.dhcp.range", \.range, .live, text: { "\($0)" }),
    FieldRule("ipv4.dhcp.lease", \.lease, .live, text: { "\($0)" }),
    FieldRule("dns.domain", \.domain, .live, text: { $0 }),
    FieldRule(
        "dns.upstream", \.upstream, .live,
        text: { servers in servers.isEmpty ? nil : servers.map(\.description).joined(separator: ", ") }),
]

/// The fields of a fleet's claim on an image.
let imageFields: [FieldRule<ImageDefinition>] = [
    FieldRule("sha256", \.file.digest, .live, text: { $0.short }),
    FieldRule("format", \.file.format, .live, text: { $0.rawValue }),
    FieldRule("virtualSize", \.virtualSize, .live, text: { "\($0)" }),
]
