import FleetModel
import Planner

/// One field of an object as the manifests have it.
struct DesiredField {
    let path: String
    /// Nil: it is sensitive, and not shown.
    let value: String?
    /// Nil: nothing sets it, and the value is the default.
    let origin: SourceRange?
}

/// What a guest of the manifests is to have, with where each value was set; fields that are not set and have no value
/// are left out.
func desiredFields(of guest: DesiredGuest) -> [DesiredField] {
    located(desiredValues(of: guest), guest.origins, secrets: Set(guest.secrets.keys))
}

/// The same of a network.
func desiredFields(of network: DesiredNetwork) -> [DesiredField] {
    let spec = network.spec
    let upstream = spec.upstream.map(\.description).joined(separator: ", ")
    return located(
        [
            ("labels", labelText(network.labels)), ("mode", spec.mode.rawValue), ("ipv4.subnet", "\(spec.subnet)"),
            ("ipv4.gateway", "\(spec.gateway)"), ("ipv4.dhcp.range", "\(spec.range)"),
            ("ipv4.dhcp.lease", "\(spec.lease)"), ("dns.domain", spec.domain),
            ("dns.upstream", upstream.isEmpty ? nil : upstream), ("mtu", "\(spec.mtu)"),
            ("filter.spoofing", spec.filter.spoofing.rawValue),
            ("filter.betweenGuests", spec.filter.betweenGuests.rawValue),
        ], network.origins)
}

/// The same of an image; what its manifest leaves out is measured.
func desiredFields(of image: DesiredImage) -> [DesiredField] {
    located(
        [
            ("labels", labelText(image.labels)), ("source", image.source.description), ("sha256", "\(image.digest)"),
            ("format", image.format.rawValue), ("virtualSize", image.virtualSize.map { "\($0)" }),
        ], image.origins)
}

private func located(
    _ values: [(path: String, value: String?)], _ origins: [FieldOrigin], secrets: Set<String> = []
) -> [DesiredField] {
    let origins = Dictionary(origins.map { ($0.path, $0.range) }, uniquingKeysWith: { first, _ in first })
    return values.compactMap { path, value in
        let origin = origins[path]
        if PlanSeal.covers(path, secrets) { return DesiredField(path: path, value: nil, origin: origin) }
        guard let value else { return nil }
        return DesiredField(path: path, value: value, origin: origin)
    }
}

private func desiredValues(of guest: DesiredGuest) -> [(path: String, value: String?)] {
    var values: [(String, String?)] = [
        ("labels", labelText(guest.labels)),
        ("host", guest.host?.text),
        ("cpus", "\(guest.cpus)"),
        ("maxCpus", "\(guest.maxCPUs)"),
        ("memory", "\(guest.memory)"),
        ("maxMemory", "\(guest.maxMemory)"),
        ("machine", guest.machine.rawValue),
        ("accelerator", guest.accelerator.rawValue),
        ("cpu.model", guest.cpuModel), ("firmware", guest.firmware.rawValue), ("tpm", "\(guest.hasTPM)"),
        ("devices", guest.devices.rawValue), ("display", guest.display.rawValue),
    ]
    values += bootValues(guest.boot)
    for disk in guest.disks { values += diskValues(disk) }
    for nic in guest.nics { values += nicValues(nic) }
    if let cloudInit = guest.cloudInit { values += cloudInitValues(cloudInit) }
    values += [
        ("power", guest.power.rawValue),
        ("restart", guest.restart?.rawValue),
        ("stop.graceful", "\(guest.stopGrace)"),
        ("ready.when", readinessText(guest.ready.condition)),
        ("ready.timeout", "\(guest.ready.timeout)"),
        ("protect", "\(guest.isProtected)"),
        ("update.maxImpact", guest.update.maxImpact.rawValue),
        ("update.order", guest.update.order.rawValue),
    ]
    return values
}

private func bootValues(_ boot: DesiredBoot?) -> [(String, String?)] {
    switch boot {
    case nil: []
    case .image(let image): [("boot.image", image.path)]
    case .kernel(let kernel, let initrd, let cmdline):
        [
            ("boot.kernel", kernel.path), ("boot.initrd", initrd?.path),
            ("boot.cmdline", cmdline.isEmpty ? nil : firstLine(cmdline)),
        ]
    }
}

private func diskValues(_ disk: DesiredDisk) -> [(String, String?)] {
    let path = "disks.\(disk.name)"
    return [
        ("\(path).image", disk.image?.text), ("\(path).size", "\(disk.size)"),
        ("\(path).iops", disk.iops.map { "\($0)" }), ("\(path).bandwidth", disk.bandwidth?.inBytes),
        ("\(path).onRemove", disk.onRemove.rawValue),
    ]
}

private func nicValues(_ nic: DesiredNIC) -> [(String, String?)] {
    let path = "nics.\(nic.name)"
    return [
        ("\(path).network", nic.network.text), ("\(path).mac", nic.mac.map { "\($0)" }),
        ("\(path).ipv4", nic.ipv4.map { "\($0)" }), ("\(path).bandwidth", nic.bandwidth?.inBits),
    ]
}

private func cloudInitValues(_ cloudInit: CloudInit) -> [(String, String?)] {
    let users = cloudInit.users.map(\.name).joined(separator: ", ")
    return [
        ("cloudInit.hostname", cloudInit.hostname), ("cloudInit.users", users.isEmpty ? nil : users),
        ("cloudInit.packages", listed(cloudInit.packages)),
        ("cloudInit.runCommands", listed(cloudInit.runCommands.map(firstLine))),
        ("cloudInit.writeFiles", listed(cloudInit.writeFiles.map(\.path))),
        ("cloudInit.networkConfig", cloudInit.networkConfig.map(firstLine)),
        ("cloudInit.userData", cloudInit.userData.map(firstLine)),
        ("cloudInit.onChange", cloudInit.onChange.rawValue),
    ]
}

private func listed(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.joined(separator: ", ") }

private func readinessText(_ condition: Readiness.Condition) -> String {
    switch condition {
    case .started: "started"
    case .address: "address"
    case .tcp(let port): "tcp:\(port)"
    case .agent: "agent"
    case .console(let text): "console:\"\(text)\""
    }
}

/// As much of a text as fits into a table, without what a terminal would obey.
private func firstLine(_ text: String) -> String {
    let limit = 60
    let line = text.prefix { !$0.isNewline }
    let shown = line.prefix(limit).unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        .joined()
    return line.count < text.count || line.count > limit ? shown + "…" : shown
}
