import FleetModel
import HostSystem

/// How a running guest's devices differ from the record of its process.
///
/// What is not as the record says, yet as the definition says, is no defect but a change that was cut off between QEMU
/// and the record: the difference of the two is in the plan anyway. The same holds for what only one of them has.
struct DeviceDefects {
    let definition: GuestDefinition
    let process: RunningGuest
    let folder: GuestFolder

    /// Sorted by their texts.
    func list(_ seen: SeenDevices) -> [GuestDefect] {
        let found =
            disks(seen) + nics(seen) + seed(seen) + strangers(seen) + cpus(seen) + memory(seen)
            + (seen.hasTPM ? [] : [.tpmEnded])
        return found.sorted { $0.text < $1.text }
    }

    private var specs: [GuestSpec] { [process.spec, definition.spec] }

    private func disks(_ seen: SeenDevices) -> [GuestDefect] {
        process.spec.disks.compactMap { disk in
            guard let wanted = definition.spec.disks.first(where: { $0.name == disk.name }) else { return nil }
            let id = QEMUCommandLine.node(disk.name)
            guard seen.devices.contains(id) else { return .diskMissing(disk.name) }
            // QEMU names a device by its id where it has one; what is behind PCI has none of its own.
            let names = [id, DiskDevice.path(of: disk, on: process.spec.machine)]
            guard let medium = seen.drives.first(where: { $0.qdev.map(names.contains) == true })?.inserted else {
                return .diskMissing(disk.name)
            }
            if !isOwn(medium.file, folder.disk(disk)) { return .diskSwapped(disk.name, file: medium.file) }
            let isLimited = [disk, wanted].contains { DiskLimits.hold($0, for: medium) }
            return isLimited ? nil : .limitChanged("disk \(disk.name)")
        }
    }

    private func nics(_ seen: SeenDevices) -> [GuestDefect] {
        process.spec.nics.compactMap { nic in
            guard definition.spec.nics.contains(where: { $0.name == nic.name }) else { return nil }
            guard seen.devices.contains("nic-\(nic.name)") else { return .nicMissing(nic.name) }
            return seen.pulled.contains(nic.name) ? .cablePulled(nic.name) : nil
        }
    }

    /// By its file, whichever device it is in. An exchange that was cut off may be withdrawn: what the file was built
    /// from is compared with the record alone.
    private func seed(_ seen: SeenDevices) -> [GuestDefect] {
        let name = "/" + (folder.seed.split(separator: "/").last ?? "")
        let isIn = seen.drives.contains { $0.inserted?.file.hasSuffix(name) ?? false }
        if !isIn, specs.allSatisfy({ $0.cloudInit != nil }) { return [.seedMissing] }
        guard let file = seen.seed else { return [] }
        return file.isOutdated(for: process.spec, of: definition.id) ? [.seedOutdated] : []
    }

    /// Only a port takes what somebody plugs in.
    private func strangers(_ seen: SeenDevices) -> [GuestDefect] {
        let own = Set(
            specs.flatMap { spec in
                spec.disks.map { QEMUCommandLine.node($0.name) } + spec.nics.map { "nic-\($0.name)" }
            })
        return seen.ports.devices.filter { !own.contains($0) }.map { .strangeDevice($0) }
    }

    private func cpus(_ seen: SeenDevices) -> [GuestDefect] {
        specs.contains { $0.cpus == seen.cpus } ? [] : [.cpus(seen.cpus)]
    }

    /// A guest that runs short takes back what is in the balloon: more than the balloon is to leave is no defect.
    private func memory(_ seen: SeenDevices) -> [GuestDefect] {
        guard let left = seen.leftByBalloon else { return [] }
        let boot = LiveMemory.boot(process.bootMemory)
        let added = seen.addedMemory ?? .zero
        let isAsRecorded = specs.contains { spec in
            added == LiveMemory.added(to: boot, for: spec.memory)
                && left >= min(boot, LiveMemory.left(for: spec.memory))
        }
        return isAsRecorded ? [] : [.memory(left < boot ? left : boot + added)]
    }

    /// True where the file that QEMU names is the disk's. After a rename of the guest, QEMU still has the name by
    /// which it opened the file; the kernel knows today's.
    private func isOwn(_ file: String, _ path: String) -> Bool {
        if file == path { return true }
        guard file.split(separator: "/").last == path.split(separator: "/").last, !Files.exists(file) else {
            return false
        }
        return ProcessTable.openFiles(of: process.pid).contains(path)
    }
}
