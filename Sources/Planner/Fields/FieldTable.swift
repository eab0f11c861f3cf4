import FleetModel

/// The table of impacts: every field that a manifest can have, and what changing it does to a guest that runs. The
/// rows of what guests, networks and images are made of are the ones that plans are made with.
public let fieldEffects: [FieldEffects] = [
    fleetEffects, hostEffects, networkEffects, imageEffects, guestEffects, sharedEffects,
].flatMap(\.self)

private let fleetEffects: [FieldEffects] = [
    FieldEffects("Fleet", "metadata.name", [nothing("another fleet: what bears the old name stays where it is")]),
    FieldEffects("Fleet", "defaults", [nothing("as the guests' fields that it sets")]),
    FieldEffects("Fleet", "policy.maxImpact", [nothing()]),
    FieldEffects("Fleet", "policy.maxUnavailable", [nothing()]),
]

private let hostEffects: [FieldEffects] =
    [
        "connection", "reserve.memory", "reserve.cpus", "overcommit.memory", "overcommit.cpu", "cordoned", "privilege",
        "capacity.memory", "capacity.cpus", "capacity.disk", "storage.reserve",
    ].map { FieldEffects("Host", $0, [nothing()]) } + [
        FieldEffects("Host", "metadata.labels", [nothing()]),
        FieldEffects("Host", "storage.path", [FieldEffect("any", "any: `--state-dir` says it", .refused)]),
    ]

private let networkEffects: [FieldEffects] =
    [
        FieldEffects(
            "Network", "metadata.name",
            [FieldEffect("any", "without `formerly`: guests move to the new network", .impact(.live))]),
        FieldEffects("Network", "metadata.formerly", [FieldEffect("any", "a rename", .impact(.live))]),
        FieldEffects("Network", "metadata.labels", [nothing()]),
    ] + networkFields.map { $0.effects(of: "Network") }

private let imageEffects: [FieldEffects] =
    [
        FieldEffects("Image", "metadata.name", [nothing("guests' disks are compared by their images' bytes")]),
        FieldEffects("Image", "metadata.labels", [nothing()]),
        FieldEffects("Image", "source", [nothing("other bytes: see `sha256`")]),
    ] + imageFields.filter { $0.path != "virtualSize" }.map { $0.effects(of: "Image") }

private let guestEffects: [FieldEffects] = [
    guestIdentityEffects, guestFieldEffects, guestTermEffects, diskEffects, nicEffects,
].flatMap(\.self)

private let guestIdentityEffects: [FieldEffects] = [
    FieldEffects(
        "Guest", "metadata.name", [FieldEffect("any", "without `formerly`: another guest", .impact(.destroy))]),
    FieldEffects("Guest", "metadata.formerly", [FieldEffect("any", "a rename", .impact(.live))]),
    FieldEffects("Guest", "profiles", [nothing("as the fields that they set")]),
    FieldEffects("Guest", "host", [FieldEffect("any", "another host", .refused)]),
]

private let guestFieldEffects: [FieldEffects] = guestFields.map { rule in
    FieldEffects("Guest", rule.path == "labels" ? "metadata.labels" : rule.path, rule.cases.map(\.effect))
}

private let guestTermEffects: [FieldEffects] =
    ["ready.when", "ready.timeout", "update.maxImpact", "update.order"].map { FieldEffects("Guest", $0, [nothing()]) }
    + [FieldEffects("Guest", "restart", [nothing("`never`"), FieldEffect("other", "others", .refused)])]

private let diskEffects: [FieldEffects] =
    [diskPresence.effects(of: "Guest"), diskOrder.effects(of: "Guest")]
    + [FieldEffects("Guest", "disks.NAME.name", [nothing("another disk: see `disks`")])]
    + diskFields.map { $0.effects(of: "Guest", under: "disks.NAME.") }

private let nicEffects: [FieldEffects] =
    [nicPresence.effects(of: "Guest"), nicOrder.effects(of: "Guest")]
    + [FieldEffects("Guest", "nics.NAME.name", [nothing("another NIC: see `nics`")])]
    + nicFields.map { $0.effects(of: "Guest", under: "nics.NAME.") }

private let sharedEffects: [FieldEffects] = [
    FieldEffects(
        "GuestSet", "replicas",
        [nothing("more"), FieldEffect("fewer", "fewer: the last ones are removed", .impact(.destroy))]),
    FieldEffects("GuestSet", "metadata.labels", [nothing()]),
    FieldEffects("GuestSet", "template", [nothing("as the guests' fields that it sets")]),
    FieldEffects("GuestSet", "rollout.maxUnavailable", [nothing()]),
    FieldEffects("GuestSet", "rollout.pauseAfterFailure", [nothing()]),
    FieldEffects("Profile", "spec", [nothing("as the guests' fields that it sets")]),
]

private func nothing(_ change: String = "any") -> FieldEffect {
    FieldEffect(change == "any" ? "any" : "none", change, .nothing)
}
