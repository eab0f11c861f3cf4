import FleetModel

/// Reads what a guest's machine is made of, and finds what does not go together.
struct GuestHardwareDecoder {
    struct Hardware {
        var machine: MachineType
        var firmware: Firmware
        var hasTPM: Bool
        var devices: DeviceModel
        var display: Display
    }

    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// Nil where a field is reported, after all have been read.
    ///
    /// - Parameter isWhole: false for defaults and profiles, where a field may lack what it goes with.
    func read(_ fields: MappingReader<GuestField>, isWhole: Bool) -> Hardware? {
        let devices = fields.value(.devices, as: .choice(notYet: ["windows"]), default: DeviceModel.virtio)
        let machine = fields.value(
            .machine, as: .choice(), default: devices == .legacy ? MachineType.pc : MachineType.q35)
        let firmware = fields.value(.firmware, as: .choice(), default: Firmware.bios)
        let hasTPM = fields.value(.tpm, as: .boolean, default: false)
        let display = fields.value(.display, as: .choice(), default: Display.none)
        guard let devices, let machine, let firmware, let hasTPM, let display else { return nil }
        let hardware = Hardware(
            machine: machine, firmware: firmware, hasTPM: hasTPM, devices: devices, display: display)
        if isWhole { check(hardware, fields) }
        return hardware
    }

    private func check(_ hardware: Hardware, _ fields: MappingReader<GuestField>) {
        let machine = hardware.machine
        if hardware.devices == .legacy, machine != .pc, let node = fields.node(.machine) {
            values.report(
                .conflictingFields, at: node,
                "legacy devices are those of machine pc, and this one is \(machine.rawValue)",
                help: "leave the machine out, or write “devices: virtio”")
        }
        // With that put right, the rest is as for a pc.
        let real = hardware.devices == .legacy ? MachineType.pc : machine
        if hardware.firmware.hasVariables, let node = fields.node(.firmware) {
            if real != .q35 {
                values.report(
                    .conflictingFields, at: node,
                    "the firmware \(hardware.firmware.rawValue) needs machine q35, and this one is \(real.rawValue)",
                    help: "write “firmware: bios”, or “machine: q35”")
            } else if let boot = fields.mapping(.boot, GuestBootField.self), boot.node(.image) != nil {
                values.report(
                    .conflictingFields, at: node,
                    "the firmware \(hardware.firmware.rawValue) does not go with “boot: {image: …}”, which takes its place",
                    help: "keep one of the two")
            }
        }
        if hardware.hasTPM, real != .q35, let node = fields.node(.tpm) {
            values.report(
                .conflictingFields, at: node, "a TPM needs machine q35, and this one is \(real.rawValue)",
                help: "write “tpm: false”, or “machine: q35”")
        }
        if hardware.display == .vnc, real == .microvm, let node = fields.node(.display) {
            values.report(
                .conflictingFields, at: node, "a microvm has no screen",
                help: "write “display: none”, or “machine: q35”")
        }
    }

    /// What IDE has room for.
    func check(
        _ hardware: Hardware, _ disks: [DesiredDisk], hasSeed: Bool, _ fields: MappingReader<GuestField>
    ) {
        let hasIDESeed = hasSeed && hardware.devices == .legacy
        let room = DeviceModel.legacyDrives - (hasIDESeed ? 1 : 0)
        let count = disks.count { $0.bus == .ide }
        guard count > room, let node = fields.node(.disks) else { return }
        values.report(
            .outOfRange, at: node,
            "a guest has at most \(DeviceModel.legacyDrives) IDE drives"
                + (hasIDESeed ? ", one of them for its seed" : "") + ", and this one has \(count) disks on IDE",
            help: "leave out all but \(room)"
                + (hardware.devices == .legacy
                    ? ", or write “devices: virtio”" : ", or put the others on virtio or scsi"))
    }

    /// A guest without virtio has no channel for an agent.
    func check(_ hardware: Hardware, _ ready: Readiness, at node: NodeIndex) {
        guard hardware.devices == .legacy, ready.condition == .agent else { return }
        values.report(
            .conflictingFields, at: node, "a guest with legacy devices has no channel for a guest agent",
            help: "wait for an address, a port or a text on its console")
    }
}
