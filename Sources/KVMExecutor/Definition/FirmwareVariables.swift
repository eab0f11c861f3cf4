import FleetModel
import HostSystem

/// The file in which a guest's UEFI keeps its variables: boot entries, keys, settings. It is made once; a guest that is
/// made anew or whose firmware changes keeps it.
struct FirmwareVariables {
    let definition: GuestDefinition
    let folder: GuestFolder

    init(_ definition: GuestDefinition, layout: HostLayout) {
        self.definition = definition
        folder = layout.guest(definition.owner.fleet, definition.name)
    }

    var isMissing: Bool {
        definition.spec.firmware.hasVariables && !Files.exists(folder.variables(of: definition.spec.firmware))
    }

    /// Makes the file where the guest's firmware needs one and it is missing.
    func ensure(user: SystemUser) throws(ExecutorError) {
        guard isMissing, let files = FirmwareFiles(definition.spec.firmware) else { return }
        let operation = "make the firmware variables of guest \(definition.name)"
        guard files.exist else {
            throw ExecutorError(
                operation, "\(files.variables) is missing", advice: "install it: apt-get install ovmf")
        }
        do {
            try DurableFile.write(
                try Files.read(files.variables), to: folder.variables(of: definition.spec.firmware), mode: 0o600,
                owner: (user.user, user.group))
        } catch {
            throw ExecutorError(operation, error)
        }
    }
}
