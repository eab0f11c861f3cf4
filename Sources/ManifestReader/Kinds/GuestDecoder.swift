import FleetModel

/// Reads documents of kind `Guest`, and the guest fields of a fleet's defaults.
struct GuestDecoder {
    private let values: ValueReader
    private let boot: GuestBootDecoder
    private let disks: GuestDiskDecoder
    private let nics: GuestNICDecoder
    private let cloudInit: CloudInitDecoder

    init(_ values: ValueReader, _ files: LocalFileReader) {
        self.values = values
        boot = GuestBootDecoder(values, files)
        disks = GuestDiskDecoder(values)
        nics = GuestNICDecoder(values)
        cloudInit = CloudInitDecoder(values)
    }

    private static let cpus = ValueType.integer("a guest's CPUs", in: 1...255)
    private static let graceful = ValueType.timespan("a power-off", in: .seconds(0)...Timespan.seconds(86_400))
    private static let maximumMemory = ByteCount(bytes: 16 << 40)

    func read(_ header: DocumentHeader, into declarations: inout Declarations) {
        guard header.spec != nil || declarations.guestDefaults != nil else {
            values.report(
                .missingField, at: header.root, "a guest needs the field \"spec\"",
                help: "add “spec: {memory: 512MiB, disks: [{name: root, image: …}]}”")
            return
        }
        guard let fields = MappingReader<GuestField>(header.spec, under: declarations.guestDefaults, values) else {
            return
        }
        guard var guest = spec(fields, nameNode: header.nameNode, &declarations), let name = header.name else { return }
        guest.name = name
        guest.formerly = header.formerly?.name
        guest.labels = header.labels
        guest.origin = values.tree.range(header.root)
        declarations.guestNames.setObject(declarations.guests.count, of: name)
        declarations.guests.append(guest)
    }

    /// Reports what is wrong with a fleet's defaults by themselves.
    func check(defaults: NodeIndex, _ declarations: Declarations) {
        guard let fields = MappingReader<GuestField>(defaults, values) else { return }
        // What the defaults refer to is checked with each guest that gets it.
        var scratch = declarations
        scratch.isComplete = false
        _ = spec(fields, nameNode: nil, &scratch)
    }

    /// - Parameter nameNode: the guest's name; nil for defaults, where what a guest cannot do without may be missing.
    /// - Returns: nil where a field is reported, after all have been read.
    private func spec(
        _ fields: MappingReader<GuestField>, nameNode: NodeIndex?, _ declarations: inout Declarations
    ) -> DesiredGuest? {
        let isWhole = nameNode != nil
        let host = self.host(fields, declarations)
        let cpus = fields.value(.cpus, as: Self.cpus, default: 1)
        let machine = fields.value(.machine, as: .choice(notYet: ["pc"]), default: MachineType.q35)
        let memory = self.memory(fields, machine: machine, isRequired: isWhole)
        let accelerator = fields.value(.accelerator, as: .choice(), default: AcceleratorChoice.auto)
        let model = fields.mapping(.cpu, GuestCPUField.self)?.optional(.model, as: .cpuModel)
        if model == "host", accelerator == .tcg, isWhole {
            values.report(
                .conflictingFields, at: fields.node(.cpu) ?? fields.node,
                "the CPU model \"host\" needs KVM, and the accelerator is tcg",
                help: "leave the model out, or name one that QEMU emulates, such as max")
        }
        let boot = self.boot.read(fields)
        let disks = self.disks.read(fields, declarations)
        let nics = self.nics.read(fields, isWhole: isWhole, &declarations)
        let cloudInit = self.cloudInit.read(fields)
        let power = fields.value(.power, as: .choice(), default: Power.running)
        let stop = fields.mapping(.stop, GuestStopField.self)
        let grace = stop.map { $0.value(.graceful, as: Self.graceful, default: .seconds(60)) } ?? .seconds(60)
        let ready = ReadinessDecoder(values).read(fields)
        if let nameNode {
            if let machine, let boot, let disks { checkBoot(machine, boot, disks, at: nameNode) }
            if let nics, let ready, nics.isEmpty { checkReadiness(ready, at: fields.node(.ready) ?? nameNode) }
        }
        guard let cpus, let machine, let memory, let accelerator, let boot, let disks, let nics, let power,
            let grace, let ready
        else { return nil }
        return DesiredGuest(
            name: Self.unnamed, host: host, cpus: cpus, memory: memory, machine: machine, accelerator: accelerator,
            cpuModel: model, boot: boot.value, disks: disks, nics: nics, cloudInit: cloudInit, power: power,
            stopGrace: grace, ready: ready)
    }

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

    private func memory(
        _ fields: MappingReader<GuestField>, machine: MachineType?, isRequired: Bool
    ) -> ByteCount? {
        guard let node = isRequired ? fields.requiredNode(.memory) : fields.node(.memory) else {
            return isRequired ? nil : .zero
        }
        guard let memory = ValueType.byteCount.read(values, node) else { return nil }
        // A firmware image on a microvm runs in very little; SeaBIOS and a q35 need more.
        let minimum: ByteCount = machine == .q35 && isRequired ? .mib(16) : .mib(1)
        guard memory >= minimum, memory <= Self.maximumMemory else {
            values.report(
                .outOfRange, at: node, "\(memory) is out of range for the memory of a \(machine?.rawValue ?? "guest")",
                help: "write an amount from \(minimum) to \(Self.maximumMemory)")
            return nil
        }
        guard memory.bytes % (1 << 20) == 0 else {
            let down = ByteCount(bytes: memory.bytes & ~0xF_FFFF)
            values.report(
                .outOfRange, at: node, "\(values.tree.string(node)) is no whole number of MiB",
                help: "write \(max(down, minimum)) or \(down + .mib(1))")
            return nil
        }
        return memory
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
        case .started, .console: break
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
