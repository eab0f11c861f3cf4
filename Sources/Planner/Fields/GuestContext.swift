import FleetModel

/// The guest that a change is for, as it is now: what decides, beside a field's two values, what changing it does.
struct GuestContext: Sendable {
    let isRunning: Bool
    let machine: MachineType
    let devices: DeviceModel
    let accelerator: Accelerator
    /// What its process can be given while it runs.
    let maxMemory: ByteCount
    let maxCPUs: Int
    /// What its process was started with.
    let bootMemory: ByteCount
    /// Ports where a disk or a NIC can be added; additions of one plan share them.
    var freePorts: Int
    /// The files that are there of disks that its definition has no more.
    let keptDisks: [Name: KeptDisk]
    /// True: one of its NICs' addresses passes from or to another guest.
    let isContended: Bool

    init(_ live: LiveGuest, isContended: Bool) {
        let spec = live.effectiveSpec
        isRunning = live.hasProcess
        machine = spec.machine
        devices = spec.devices
        accelerator = spec.accelerator
        maxMemory = spec.maxMemory
        maxCPUs = spec.maxCPUs
        bootMemory = live.process?.bootMemory ?? spec.memory
        freePorts = live.freePorts ?? 0
        keptDisks = Dictionary(live.keptDisks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.isContended = isContended
    }

    /// For objects that are no guests.
    private init() {
        (isRunning, machine, devices, accelerator, isContended) = (false, .q35, .virtio, .tcg, false)
        (maxMemory, maxCPUs, bootMemory, freePorts, keptDisks) = (.zero, 0, .zero, 0, [:])
    }

    static let none = GuestContext()

    var takesHotPlug: Bool { machine == .q35 }
    /// The bus of a pc could take devices, but what its systems make of that is not known.
    var noHotPlug: String {
        machine == .microvm
            ? "microvm takes no hot-plug" : "nothing is plugged into a \(machine.rawValue) while it runs"
    }
}
