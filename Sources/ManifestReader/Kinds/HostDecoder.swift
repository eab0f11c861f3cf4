import FleetModel

/// Reads documents of kind `Host`.
struct HostDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    private static let memory = ByteCount.zero...ByteCount(bytes: 64 << 40)
    private static let disk = ByteCount.zero...ByteCount(bytes: 1 << 60)
    private static let cpus = 0...8192

    func read(_ header: DocumentHeader, into declarations: inout Declarations) {
        var host = DesiredHost(
            name: header.name ?? Name(parsing: "unnamed")!, labels: header.labels,
            origin: values.tree.range(header.root))
        var isLocal = true
        if let spec = header.spec, let fields = MappingReader<HostField>(spec, values) {
            let connection = connection(fields)
            isLocal = connection == .local
            host.connection = connection ?? .local
            host.cordoned = fields.value(.cordoned, as: .boolean, default: false) ?? false
            host.privilege = fields.value(.privilege, as: .choice(), default: .auto) ?? .auto
            readPolicy(fields, isSimulated: connection == .simulated, &host.policy)
            readStorage(fields, &host.policy)
        }
        guard let name = header.name else { return }
        if isLocal {
            if let first = declarations.localHosts.first {
                values.report(
                    .severalLocalHosts, at: header.nameNode,
                    "the host at \(values.tree.range(first)) is the local machine already",
                    help: "declare the local machine once, or write “connection: simulated”")
            }
            declarations.localHosts.append(header.nameNode)
        }
        declarations.hostNames.setObject(declarations.hosts.count, of: name)
        declarations.hosts.append(host)
    }

    private func connection(_ fields: MappingReader<HostField>) -> DesiredHost.Connection? {
        guard let node = fields.node(.connection) else { return .local }
        guard let text = values.string(node) else { return nil }
        switch text {
        case "local": return .local
        case "simulated": return .simulated
        default:
            if text.hasPrefix("ssh:") {
                values.report(
                    .notSupportedYet, at: node, "hosts over ssh are not supported yet",
                    help: "write local or simulated")
                return nil
            }
            return values.invalid(
                node, "no connection",
                help: suggestion(for: text, among: ["local", "simulated"]).map { "did you mean \"\($0)\"?" }
                    ?? "write local or simulated")
        }
    }

    private func readStorage(_ fields: MappingReader<HostField>, _ policy: inout HostPolicy) {
        guard let storage = fields.mapping(.storage, HostStorageField.self) else { return }
        if let path = storage.node(.path) {
            values.report(
                .conflictingFields, at: path, "\"storage.path\" is for hosts that are reached over ssh",
                help: "leave it out; --state-dir says where local and simulated hosts keep their state")
        }
        let reserve = ValueType.byteCount("a host's reserve", in: Self.disk)
        policy.reservedDisk = storage.optional(.reserve, as: reserve) ?? policy.reservedDisk
    }

    private func readPolicy(_ fields: MappingReader<HostField>, isSimulated: Bool, _ policy: inout HostPolicy) {
        if let reserve = fields.mapping(.reserve, HostReserveField.self) {
            let memory = ValueType.byteCount("a host's reserve", in: Self.memory)
            policy.reservedMemory = reserve.optional(.memory, as: memory) ?? policy.reservedMemory
            let cpus = ValueType.integer("a host's reserve", in: Self.cpus)
            policy.reservedCPUs = reserve.optional(.cpus, as: cpus) ?? policy.reservedCPUs
        }
        if let overcommit = fields.mapping(.overcommit, HostOvercommitField.self) {
            let memory = ValueType.number("memory overcommit", in: 0.1...4)
            policy.memoryOvercommit = overcommit.optional(.memory, as: memory) ?? policy.memoryOvercommit
            let cpu = ValueType.number("CPU overcommit", in: 0.1...64)
            policy.cpuOvercommit = overcommit.optional(.cpu, as: cpu) ?? policy.cpuOvercommit
        }
        let memory = ValueType.byteCount("a host's memory", in: .mib(1)...Self.memory.upperBound)
        let cpus = ValueType.integer("a host's CPUs", in: 1...Self.cpus.upperBound)
        let disk = ValueType.byteCount("a host's disk", in: .mib(1)...Self.disk.upperBound)
        if let capacity = fields.mapping(.capacity, HostCapacityField.self) {
            policy.memory =
                isSimulated ? capacity.required(.memory, as: memory) : capacity.optional(.memory, as: memory)
            policy.cpus = isSimulated ? capacity.required(.cpus, as: cpus) : capacity.optional(.cpus, as: cpus)
            policy.disk = isSimulated ? capacity.required(.disk, as: disk) : capacity.optional(.disk, as: disk)
        } else if isSimulated, fields.node(.capacity) == nil {
            values.report(
                .missingField, at: fields.node, "a simulated host needs the field \"capacity\"",
                help: "add “capacity: {memory: 256GiB, cpus: 64, disk: 4TiB}”")
        }
    }
}
