import FleetModel
import HostSystem

/// A process that is a QEMU, whoever started it, as its command line tells.
struct EmulatorProcess {
    let entry: ProcessEntry

    static func all() -> [EmulatorProcess] { among(ProcessTable.all()) }

    static func among(_ processes: [ProcessEntry]) -> [EmulatorProcess] {
        processes.map(EmulatorProcess.init).filter(\.isEmulator)
    }

    private var isEmulator: Bool {
        guard let program = entry.arguments.first?.split(separator: "/").last else { return false }
        return program.hasPrefix("qemu-system-") || program == "qemu-kvm" || program == "kvm"
    }

    /// True where the command line is that of the guest's QEMU, or of the launcher that is about to become it. A
    /// process has none for a moment when it becomes another program, and at its end: then it tells nothing else.
    func runs(_ definition: GuestDefinition, layout: HostLayout) -> Bool {
        entry.arguments.isEmpty || isEmulator && uuid == QEMUCommandLine.uuid(definition)
            || Array(entry.arguments.dropFirst()) == Launcher.arguments(definition, layout: layout)
    }

    /// The process of a guest whose record of it is lost, found by the guest's UUID.
    static func guest(_ definition: GuestDefinition, among emulators: [EmulatorProcess]) -> RunningGuest? {
        let uuid = QEMUCommandLine.uuid(definition)
        return emulators.first { $0.uuid == uuid }.map {
            RunningGuest(
                generation: 0, spec: definition.spec, pid: $0.entry.pid, startTime: $0.entry.startTime,
                bootID: Machine.bootID)
        }
    }

    private func value(of option: String) -> String? {
        guard let index = entry.arguments.firstIndex(where: { $0 == option || $0 == "-" + option }),
            index + 1 < entry.arguments.count
        else { return nil }
        return entry.arguments[index + 1]
    }

    var uuid: String? { value(of: "-uuid") }

    /// The guest's name, or the program's.
    var name: String {
        guard let option = value(of: "-name") else { return entry.arguments.first ?? "qemu" }
        let parts = option.split(separator: ",").map(String.init)
        let named = parts.first { $0.hasPrefix("guest=") }.map { String($0.dropFirst(6)) }
        return named ?? parts.first { !$0.contains("=") } ?? option
    }

    /// The fleet, where the process bears the instance's mark.
    func owner(_ instance: InstanceID) -> Name? {
        let mark = "lodge:\(instance)/"
        guard name.hasPrefix(mark) else { return nil }
        return name.dropFirst(mark.count).split(separator: "/").first.flatMap { Name(parsing: String($0)) }
    }

    var stranger: StrangerProcess {
        StrangerProcess(pid: entry.pid, name: name, memory: memory, cpus: cpus)
    }

    /// What `-m` promises (qemu(1): MiB where there is no suffix; `maxmem` where it may grow), and QEMU's own.
    /// Anybody can start a process with any arguments: a figure is never negative, nor above what memory can be.
    private var memory: ByteCount {
        let options = (value(of: "-m") ?? "128").split(separator: ",").map(String.init)
        let size = options.first { $0.hasPrefix("maxmem=") } ?? options.first { $0.hasPrefix("size=") } ?? options.first
        let text = size?.split(separator: "=").last ?? "128"
        let unit: Double =
            switch text.last?.lowercased() {
            case "b": 1
            case "k": 0x1p10
            case "g": 0x1p30
            case "t": 0x1p40
            default: 0x1p20
            }
        let number = Double(text.prefix { $0.isNumber || $0 == "." }) ?? 128
        let memory = ByteCount(bytes: Int64(min(number * unit, 0x1p52)))
        let usesKVM = entry.arguments.contains { $0.contains("kvm") }
        let hasFlash = entry.arguments.contains { $0.contains("pflash") }
        return memory
            + MemoryCost.overhead(
                memory: memory, accelerator: usesKVM ? .kvm : .tcg, firmware: hasFlash ? .uefi : .bios,
                hasTPM: value(of: "-tpmdev") != nil, display: value(of: "-vnc") == nil ? .none : .vnc)
    }

    /// What `-smp` promises: a plain number or `cpus=`, else the product of the topology.
    private var cpus: Int {
        let options = (value(of: "-smp") ?? "1").split(separator: ",")
        var count: Int?
        var product = 1
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1)
            // QEMU itself allows no more.
            guard let number = parts.last.flatMap({ Int($0) }), (1...65_536).contains(number) else { continue }
            switch parts.count == 1 ? "cpus" : parts[0] {
            case "cpus": count = number
            case "sockets", "dies", "clusters", "cores", "threads": product = min(product * number, 65_536)
            default: break
            }
        }
        return count ?? product
    }
}
