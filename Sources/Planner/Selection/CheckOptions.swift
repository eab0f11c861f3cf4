import FleetModel

/// Refuses addresses that nothing has, and says that a plan is partial.
func checkOptions(_ options: PlanOptions, desired: DesiredFleet, on observed: ObservedFleet) -> Remarks {
    var remarks = Remarks()
    if options.checksAddresses { remarks.checkAddresses(options, desired, observed) }
    if !options.targets.isEmpty, !options.isReset {
        remarks.warnPartial("targeting", option: "--target", options.targets)
    }
    if !options.excludes.isEmpty { remarks.warnPartial("exclusion", option: "--exclude", options.excludes) }
    return remarks
}

extension Remarks {
    fileprivate mutating func checkAddresses(
        _ options: PlanOptions, _ desired: DesiredFleet, _ observed: ObservedFleet
    ) {
        guard options.isPartial || !options.replacements.isEmpty else { return }
        let known = knownAddresses(desired, observed)
        let lists = [
            ("--target", options.targets), ("--exclude", options.excludes),
            ("--replace", options.replacements.subtracting(options.targets)),
        ]
        for (option, addresses) in lists {
            for address in addresses.sorted() where !known.contains(address) {
                let similar = suggestion(for: address.description, among: known.map(\.description).sorted())
                let prefix = options.isReset ? "" : "\(option) \(address): "
                refuse(
                    "unknown-address", "\(prefix)neither the manifests nor the hosts have \(address)",
                    help: similar.map { "did you mean \($0)?" }
                        ?? (options.isReset
                            ? "lodge status lists the guests"
                            : "lodge plan without it lists the addresses of what changes"))
            }
        }
        let wanted = Set(desired.guests.map { ResourceAddress(.guest, $0.name) })
        for address in options.replacements.sorted() where known.contains(address) && !wanted.contains(address) {
            refuse(
                "replace-unwanted",
                "\(options.isReset ? "" : "--replace ")\(address): only a guest of the manifests can be made anew",
                help: "a guest that is not in the manifests any more is removed by a plan without --replace")
        }
    }

    fileprivate mutating func warnPartial(_ what: String, option: String, _ addresses: Set<ResourceAddress>) {
        // Terraform's words, which people and bots know.
        warn(
            "partial-plan", "Resource \(what) is in effect",
            detail: "You are creating a plan with the \(option) option (\(shortList(addresses))), which means that "
                + "the result of\nthis plan may not represent all of the changes requested by the current "
                + "configuration.",
            help: "run lodge plan without \(option) to see what is left")
    }

    private func shortList(_ addresses: Set<ResourceAddress>) -> String {
        let names = addresses.sorted().map(\.description)
        return names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }
}

/// Everything that a plan of this fleet may be asked to leave alone or to deal with.
private func knownAddresses(_ desired: DesiredFleet, _ observed: ObservedFleet) -> Set<ResourceAddress> {
    var known = Set(desired.guests.map { ResourceAddress(.guest, $0.name) })
    known.formUnion(desired.networks.map { ResourceAddress(.network, $0.name) })
    known.formUnion(desired.images.map { ResourceAddress(.image, $0.name) })
    known.formUnion(desired.hosts.map { ResourceAddress(.host, $0.name) })
    for host in observed.hosts {
        known.formUnion(host.ours.map { ResourceAddress(.guest, host.live.guests[$0].definition.name) })
        known.formUnion(host.networks.keys.map { ResourceAddress(.network, $0) })
        known.formUnion(host.images.keys.map { ResourceAddress(.image, $0) })
        known.formUnion((host.live.leftovers + host.retained.map(\.leftover)).map { ResourceAddress($0) })
    }
    return known
}
