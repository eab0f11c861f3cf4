import FleetModel
import HostSystem

/// What a guest's TPM keeps: its seeds, keys and counters, in a folder of QEMU's user. It is made once; a guest that is
/// made anew keeps it, and so does one whose TPM is taken away.
struct TPMState {
    static let program = "swtpm_setup"

    let definition: GuestDefinition
    let folder: GuestFolder

    init(_ definition: GuestDefinition, layout: HostLayout) {
        self.definition = definition
        folder = layout.guest(definition.owner.fleet, definition.name)
    }

    /// swtpm's name of the file with what is permanent (swtpm(8), `--tpmstate`).
    private var file: String { "\(folder.tpm)/tpm2-00.permall" }

    var isMissing: Bool { definition.spec.hasTPM && !Files.exists(file) }

    /// Makes the state where the guest has a TPM and its state is missing: endorsement keys without certificates, which
    /// would be of an authority that nobody knows.
    func ensure(user: SystemUser) async throws(ExecutorError) {
        guard isMissing else { return }
        let temporary = folder.tpm + DurableFile.temporarySuffix
        do {
            try Files.removeTree(temporary)
            try Files.removeTree(folder.tpm)
            try Files.makeFolder(temporary, mode: 0o700)
            try Files.setOwner(temporary, user: user.user, group: user.group)
            try await Command.run(
                Self.program, ["--tpm2", "--tpmstate", temporary, "--createek", "--lock-nvram"], package: "swtpm-tools",
                user: (user.user, user.group))
            for name in try Files.list(temporary) { try DurableFile.synchronise("\(temporary)/\(name)") }
            try Files.move(temporary, to: folder.tpm)
        } catch {
            try? Files.removeTree(temporary)
            throw ExecutorError("make the TPM of guest \(definition.name)", "\(error)")
        }
    }
}
