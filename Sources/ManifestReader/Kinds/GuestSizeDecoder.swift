import FleetModel

/// Reads a guest's CPUs and memory, and how far they may grow.
struct GuestSizeDecoder {
    struct Size {
        var cpus: Int
        var maxCPUs: Int
        var memory: ByteCount
        var maxMemory: ByteCount
    }

    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    private static let cpus = ValueType.integer("a guest's CPUs", in: 1...255)
    private static let maximumMemory = ByteCount(bytes: 16 << 40)

    /// What is plugged in comes in pieces of this size: a page of the largest kind that QEMU aligns a DIMM to on x86.
    private static let memoryStep = ByteCount.mib(2)

    /// Nil where a field is reported, after all have been read.
    ///
    /// - Parameter isWhole: false for defaults and profiles, where a field may lack what it depends on.
    func read(
        _ fields: MappingReader<GuestField>, _ hardware: GuestHardwareDecoder.Hardware?, isWhole: Bool
    ) -> Size? {
        let machine = hardware?.machine
        let cpus = fields.value(.cpus, as: Self.cpus, default: 1)
        let maxCPUsNode = fields.node(.maxCpus)
        let maxCPUs = maxCPUsNode.flatMap { Self.cpus.read(values, $0) }
        let memoryNode = isWhole ? fields.requiredNode(.memory) : fields.node(.memory)
        let (what, minimum) = isWhole ? Self.minimum(of: hardware) : ("guest", .mib(1))
        let memory = memoryNode.flatMap { amount($0, "the memory of a \(what)", minimum) }
        let maxMemoryNode = fields.node(.maxMemory)
        let maxMemory = maxMemoryNode.flatMap { amount($0, "the memory that a guest can grow to", .mib(1)) }
        guard let cpus, (maxCPUs == nil) == (maxCPUsNode == nil), (memory == nil) == (memoryNode == nil),
            (maxMemory == nil) == (maxMemoryNode == nil)
        else { return nil }
        let size = Size(
            cpus: cpus, maxCPUs: maxCPUs ?? cpus, memory: memory ?? .zero, maxMemory: maxMemory ?? memory ?? .zero)
        guard isWhole else { return size }
        guard memory != nil else { return nil }
        if let maxCPUsNode { check(cpus: size, machine, at: maxCPUsNode) }
        if let maxMemoryNode { check(memory: size, machine, at: maxMemoryNode) }
        return size
    }

    /// A firmware image on a microvm runs in very little; SeaBIOS and a q35 or pc need more. OVMF starts nothing in
    /// 32 MiB, and something in 48.
    private static func minimum(of hardware: GuestHardwareDecoder.Hardware?) -> (what: String, amount: ByteCount) {
        guard let hardware else { return ("guest", .mib(1)) }
        if hardware.firmware.hasVariables { return ("guest with UEFI", .mib(64)) }
        return (hardware.machine.rawValue, hardware.machine == .microvm ? .mib(1) : .mib(16))
    }

    private func amount(_ node: NodeIndex, _ what: String, _ minimum: ByteCount) -> ByteCount? {
        guard let memory = ValueType.byteCount.read(values, node) else { return nil }
        guard memory >= minimum, memory <= Self.maximumMemory else {
            values.report(
                .outOfRange, at: node, "\(memory) is out of range for \(what)",
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

    private func check(cpus size: Size, _ machine: MachineType?, at node: NodeIndex) {
        if size.maxCPUs < size.cpus {
            values.report(
                .outOfRange, at: node, "the guest starts with \(size.cpus) CPUs, and may have \(size.maxCPUs) at most",
                help: "write at least \(size.cpus), or leave \"maxCpus\" out")
        } else if let machine, machine != .q35, size.maxCPUs > size.cpus {
            reportNoHotPlug("maxCpus", "cpus", machine, at: node)
        }
    }

    private func check(memory size: Size, _ machine: MachineType?, at node: NodeIndex) {
        let growth = size.maxMemory - size.memory
        if growth < .zero {
            values.report(
                .outOfRange, at: node,
                "the guest starts with \(size.memory) of memory, and may have \(size.maxMemory) at most",
                help: "write at least \(size.memory), or leave \"maxMemory\" out")
        } else if let machine, machine != .q35, growth > .zero {
            reportNoHotPlug("maxMemory", "memory", machine, at: node)
        } else if growth.bytes % Self.memoryStep.bytes != 0 {
            values.report(
                .outOfRange, at: node,
                "memory grows in steps of \(Self.memoryStep), and \(size.maxMemory) is \(growth) above \(size.memory)",
                help: "write \(size.maxMemory - .mib(1)) or \(size.maxMemory + .mib(1))")
        }
    }

    private func reportNoHotPlug(_ limit: String, _ field: String, _ machine: MachineType, at node: NodeIndex) {
        values.report(
            .conflictingFields, at: node,
            "a \(machine.rawValue) takes no hot-plug, so that its \(field) cannot grow while it runs",
            help: "leave \"\(limit)\" out, or write “machine: q35”")
    }
}
