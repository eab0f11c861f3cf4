import FleetModel
import HostSystem

/// A process that is a QEMU, whoever started it, as its command line tells.
struct EmulatorProcess {
    let entry: ProcessEntry

    static func all() -> [EmulatorProcess] {
        ProcessTable.all().filter { entry in
            guard let program = entry.arguments.first?.split(separator: "/").last else { return false }
            return program.hasPrefix("qemu-system-") || program == "qemu-kvm" || program == "kvm"
        }.map(EmulatorProcess.init)
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
    private var memory: ByteCount {
        let options = (value(of: "-m") ?? "128").split(separator: ",").map(String.init)
        let size = options.first { $0.hasPrefix("maxmem=") } ?? options.first { $0.hasPrefix("size=") } ?? options.first
        let text = size.map { String($0.split(separator: "=").last ?? "128") } ?? "128"
        let digits = Int64(text.prefix { $0.isNumber }) ?? 128
        let bytes: Int64 =
            switch text.last?.lowercased() {
            case "b": digits
            case "k": digits << 10
            case "g": digits << 30
            case "t": digits << 40
            default: digits << 20
            }
        let memory = ByteCount(bytes: bytes)
        let usesKVM = entry.arguments.contains { $0.contains("kvm") }
        return memory + MemoryCost.overhead(memory: memory, accelerator: usesKVM ? .kvm : .tcg)
    }

    /// What `-smp` promises: a plain number or `cpus=`.
    private var cpus: Int {
        let options = (value(of: "-smp") ?? "1").split(separator: ",").map(String.init)
        let count = options.first { $0.hasPrefix("cpus=") }.map { String($0.dropFirst(5)) } ?? options.first ?? "1"
        return Int(count) ?? 1
    }
}
