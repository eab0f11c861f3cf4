import FleetModel

/// Reads documents of kind `Guest`, and the guest fields of sets, profiles and a fleet's defaults.
struct GuestDecoder {
    private let values: ValueReader
    private let boot: GuestBootDecoder
    private let disks: GuestDiskDecoder
    private let nics: GuestNICDecoder
    private let cloudInit: CloudInitDecoder
    private let layers: GuestLayers

    init(_ values: ValueReader, _ files: LocalFileReader) {
        self.values = values
        boot = GuestBootDecoder(values, files)
        disks = GuestDiskDecoder(values)
        nics = GuestNICDecoder(values)
        cloudInit = CloudInitDecoder(values)
        layers = GuestLayers(values)
    }

    private static let graceful = ValueType.timespan("a power-off", in: .seconds(0)...Timespan.seconds(86_400))

    func read(_ header: DocumentHeader, into declarations: inout Declarations) {
        values.origins = OriginList()
        defer { values.origins = nil }
        values.addOrigins(of: header)
        guard var guest = guest(header.spec, nameNode: header.nameNode, &declarations), let name = header.name else {
            return
        }
        guest.origins = values.origins?.entries ?? []
        guest.name = name
        guest.formerly = header.formerly?.name
        guest.labels = header.labels
        guest.origin = values.tree.range(header.root)
        declarations.guestNames.setObject(declarations.guests.count, of: name)
        declarations.guests.append(guest)
    }

    /// Reads a guest without its name and its metadata.
    ///
    /// - Parameters:
    ///   - node: the guest's own fields; nil: it has none.
    ///   - nameNode: where what concerns all of it is reported.
    /// - Returns: nil where it is reported.
    func guest(_ node: NodeIndex?, nameNode: NodeIndex, _ declarations: inout Declarations) -> DesiredGuest? {
        guard node != nil || declarations.guestDefaults != nil else {
            values.report(
                .missingField, at: nameNode, "a guest needs the field \"spec\"",
                help: "add “spec: {memory: 512MiB, disks: [{name: root, image: …}]}”")
            return nil
        }
        guard let fields = layers.fields(node, &declarations) else { return nil }
        return spec(fields, nameNode: nameNode, &declarations)
    }

    /// Reports what is wrong with guest fields by themselves, which guests get from elsewhere.
    ///
    /// - Parameters:
    ///   - subject: what has the fields, such as `a profile`.
    ///   - scratch: what is declared, not complete, so that what the fields refer to is checked with each guest that
    ///     gets them.
    func check(_ node: NodeIndex, of subject: String, _ scratch: inout Declarations) {
        guard let fields = MappingReader<GuestField>(node, values) else { return }
        if let profiles = fields.node(.profiles) {
            values.report(
                .nestedProfiles, at: profiles, "\(subject) cannot have profiles",
                help: "name them in the guest, or in the set's template, in the order in which they are to lie")
        }
        // A set's guests may get them, and then {index} means something.
        values.guestIndex = 0
        defer { values.guestIndex = nil }
        _ = spec(fields, nameNode: nil, &scratch)
    }

    /// - Parameter nameNode: the guest's name; nil for defaults, where what a guest cannot do without may be missing.
    /// - Returns: nil where a field is reported, after all have been read.
    private func spec(
        _ fields: MappingReader<GuestField>, nameNode: NodeIndex?, _ declarations: inout Declarations
    ) -> DesiredGuest? {
        let isWhole = nameNode != nil
        let host = self.host(fields, declarations)
        let hardware = GuestHardwareDecoder(values).read(fields, isWhole: isWhole)
        let machine = hardware?.machine
        let size = GuestSizeDecoder(values).read(fields, hardware, isWhole: isWhole)
        let accelerator = fields.value(.accelerator, as: .choice(), default: AcceleratorChoice.auto)
        let cpu = fields.mapping(.cpu, GuestCPUField.self)
        let model = cpu?.optional(.model, as: .cpuModel)
        values.addOrigins(of: cpu, under: "cpu")
        if model == "host", accelerator == .tcg, isWhole {
            values.report(
                .conflictingFields, at: fields.node(.cpu) ?? fields.node,
                "the CPU model \"host\" needs KVM, and the accelerator is tcg",
                help: "leave the model out, or name one that QEMU emulates, such as max")
        }
        let boot = self.boot.read(fields, isWhole: isWhole)
        let disks = self.disks.read(fields, isWhole ? hardware : nil, declarations)
        let nics = self.nics.read(fields, isWhole: isWhole, &declarations)
        var secrets: [String: SecretSource] = [:]
        secrets["boot.cmdline"] = boot?.cmdlineSource
        let cloudInit = self.cloudInit.read(fields, &secrets)
        let power = fields.value(.power, as: .choice(), default: Power.running)
        let stop = fields.mapping(.stop, GuestStopField.self)
        let grace = stop.map { $0.value(.graceful, as: Self.graceful, default: .seconds(60)) } ?? .seconds(60)
        values.addOrigins(of: stop, under: "stop")
        let ready = ReadinessDecoder(values).read(fields)
        let restart = fields.optional(.restart, as: ValueType<RestartPolicy>.choice())
        let isProtected = fields.value(.protect, as: .boolean, default: false)
        let update = GuestUpdateDecoder(values).read(fields)
        values.addOrigins(of: fields, parts: Self.parts)
        if let nameNode {
            if let machine, let boot, let disks { checkBoot(machine, boot, disks, at: nameNode) }
            if let hardware, let disks {
                GuestHardwareDecoder(values).check(hardware, disks, hasSeed: cloudInit != nil, fields)
            }
            if let hardware, let ready {
                GuestHardwareDecoder(values).check(hardware, ready, at: fields.node(.ready) ?? nameNode)
            }
            if let nics, let ready, nics.isEmpty { checkReadiness(ready, at: fields.node(.ready) ?? nameNode) }
        }
        guard let size, let hardware, let accelerator, let boot, let disks, let nics, let power, let grace, let ready,
            let isProtected, let update
        else { return nil }
        return DesiredGuest(
            name: Self.unnamed, host: host, cpus: size.cpus, maxCPUs: size.maxCPUs, memory: size.memory,
            maxMemory: size.maxMemory, machine: hardware.machine, accelerator: accelerator, cpuModel: model,
            firmware: hardware.firmware, hasTPM: hardware.hasTPM, devices: hardware.devices,
            display: hardware.display, boot: boot.value,
            disks: disks, nics: nics, cloudInit: cloudInit,
            power: power, stopGrace: grace, ready: ready,
            restart: restart, isProtected: isProtected, update: update, secrets: secrets)
    }

    /// Fields that have fields of their own, or that only say where others are from.
    private static let parts: [GuestField] = [
        .boot, .cpu, .cloudInit, .stop, .ready, .update, .profiles,
    ]

    private static let unnamed = Name(parsing: "unnamed")!

    private func host(_ fields: MappingReader<GuestField>, _ declarations: Declarations) -> Name? {
        guard let node = fields.node(.host), let name = ValueType.name.read(values, node) else { return nil }
        let names = declarations.hostNames
        if names[name] == nil, declarations.isComplete, !(names.entries.isEmpty && name.text == "local") {
            values.report(
                .danglingReference, at: node, "there is no host \"\(name)\"",
                help: names.entries.isEmpty
                    ? "no Host is declared, so there is one, \"local\""
                    : names.suggestion(for: name).map { "did you mean \"\($0)\"?" } ?? "declare a Host of this name")
        }
        return name
    }

    /// What it takes to start.
    private func checkBoot(
        _ machine: MachineType, _ boot: GuestBootDecoder.Boot, _ disks: [DesiredDisk], at nameNode: NodeIndex
    ) {
        guard boot.value == nil else { return }
        if machine == .microvm {
            values.report(
                .nothingToBoot, at: nameNode, "a microvm starts a kernel or a firmware image, and this one has none",
                help: "add “boot: {kernel: …}” or “boot: {image: …}”")
        } else if disks.first?.image == nil {
            values.report(
                .nothingToBoot, at: nameNode, "the guest has nothing to boot",
                help: "add “boot: {kernel: …}”, or give its first disk an image")
        }
    }

    /// What a guest without NICs can be seen to do.
    private func checkReadiness(_ ready: Readiness, at node: NodeIndex) {
        switch ready.condition {
        case .address, .tcp:
            values.report(
                .conflictingFields, at: node,
                "the guest is to answer on its network before it counts as ready, and has no NIC",
                help: "add a NIC, or write “when: started”")
        case .started, .agent, .console: break
        }
    }
}

extension ValueType where Value == String {
    static var cpuModel: Self {
        .string("CPU model", help: "write host, or a name that “qemu-system-x86_64 -cpu help” lists") { text in
            text.utf8.count <= 64 && text.utf8.first.map(isAlphanumeric) == true
                && text.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x5F, 0x2E].contains($0) }
        }
    }
}
