import FleetModel
import QMP

/// The registers in which a NIC tells its guest whether its cable is plugged: nothing of QMP says it (QEMU 7.2).
///
/// A virtio NIC's configuration begins with its six octets of MAC address, upon which follow two of status, the lowest
/// bit of which is the link's (virtio 1.2, section 5.1.4).
enum NICRegisters {
    /// Where the configuration is in a guest's physical memory.
    ///
    /// - Returns: nil where the guest's firmware or system has not mapped it, or has hidden it.
    static func address(ofPCI nic: Name, _ buses: [QueryPCI.Bus]) -> UInt64? {
        let devices = buses.flatMap(\.devices).flatMap { [$0] + ($0.bridge?.devices ?? []) }
        guard let regions = devices.first(where: { $0.id == "nic-\(nic)" })?.regions,
            let region = regions.first(where: { $0.bar == 4 }), region.address > 0
        else { return nil }
        // hw/virtio/virtio-pci.c: what is for the device begins at 0x2000 of BAR 4.
        return UInt64(region.address) + 0x2000
    }

    /// - Parameter bus: the path of the NIC's bus, `…/virtio-mmio-bus.N`.
    static func address(onMMIO bus: String) -> UInt64? {
        // include/hw/i386/microvm.h: where the first one is, and how far they are apart; virtio 1.2, section 4.2.2.
        guard let number = bus.split(separator: ".").last.flatMap({ UInt64($0) }), number < 32 else { return nil }
        return 0xFEB0_0000 + number * 0x200 + 0x100
    }

    /// What asks for the configuration at this address.
    static func question(_ address: UInt64) -> HumanMonitorCommand {
        HumanMonitorCommand("xp /8xb 0x\(String(address, radix: 16))")
    }

    /// - Parameter answer: such as `00000000fea02000: 0x02 0x11 0x22 0x33 0x44 0x55 0x01 0x00`.
    /// - Returns: nil where this is not that NIC's configuration: the guest may map anything there.
    static func isPulled(_ answer: String, _ mac: MACAddress) -> Bool? {
        let octets = answer.split(whereSeparator: \.isWhitespace).dropFirst().map { word in
            word.hasPrefix("0x") ? UInt8(word.dropFirst(2), radix: 16) : nil
        }
        guard octets.count == 8, octets.prefix(6).elementsEqual(mac.octets), let status = octets[6] else { return nil }
        return status & 1 == 0
    }
}

extension SeenDevices {
    /// The NICs whose cable is known to be pulled.
    ///
    /// - Parameter buses: what QEMU says of PCI; of no use on microvm.
    static func pulled(
        _ process: GuestSpec, _ buses: [QueryPCI.Bus], _ session: QMPSession, timeout: Duration
    ) async throws(QMPError) -> Set<Name> {
        let answers = await withTaskGroup(of: Result<Name?, QMPError>.self) { group in
            for nic in process.nics {
                group.addTask {
                    await result { () throws(QMPError) in
                        let isPulled = try await isPulled(nic, process.machine, buses, session, timeout: timeout)
                        return isPulled ? nic.name : nil
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var names: Set<Name> = []
        for answer in answers { if let name = try answer.get() { names.insert(name) } }
        return names
    }

    private static func isPulled(
        _ nic: NICSpec, _ machine: MachineType, _ buses: [QueryPCI.Bus], _ session: QMPSession, timeout: Duration
    ) async throws(QMPError) -> Bool {
        do throws(QMPError) {
            var address: UInt64?
            switch machine {
            // An e1000's are others, and not read: what is not seen is no defect.
            case .q35, .pc: address = NICRegisters.address(ofPCI: nic.name, buses)
            case .microvm:
                let bus = QOMGet(path: "/machine/peripheral/nic-\(nic.name)", property: "parent_bus", as: String.self)
                address = NICRegisters.address(onMMIO: try await session.execute(bus, timeout: timeout))
            }
            guard let address else { return false }
            let answer = try await session.execute(NICRegisters.question(address), timeout: timeout)
            return NICRegisters.isPulled(answer, nic.mac) ?? false
        } catch {
            // The NIC is gone.
            if case .refused = error.reason { return false }
            throw error
        }
    }
}
