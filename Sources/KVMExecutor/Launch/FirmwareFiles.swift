import FleetModel
import HostSystem

/// Where Debian's package `ovmf` has UEFI's firmware: code that all guests share, and the variables that each begins
/// with (its README.Debian, "OVMF flavors"; those of `.ms` hold Microsoft's keys, so that Secure Boot is on).
struct FirmwareFiles {
    let code: String
    let variables: String

    private static let folder = "/usr/share/OVMF"

    /// Nil: QEMU brings the firmware itself.
    init?(_ firmware: Firmware) {
        switch firmware {
        case .bios: return nil
        case .uefi: (code, variables) = ("\(Self.folder)/OVMF_CODE_4M.fd", "\(Self.folder)/OVMF_VARS_4M.fd")
        case .uefiSecure:
            (code, variables) = ("\(Self.folder)/OVMF_CODE_4M.secboot.fd", "\(Self.folder)/OVMF_VARS_4M.ms.fd")
        }
    }

    var exist: Bool { Files.exists(code) && Files.exists(variables) }
}

extension HostFeature {
    /// Those that this machine has; a look at its files.
    public static var present: [HostFeature] {
        allCases.filter { feature in
            switch feature {
            case .uefi: FirmwareFiles(.uefi)?.exist == true
            case .uefiSecure: FirmwareFiles(.uefiSecure)?.exist == true
            case .tpm: [TPMProcess.program, TPMState.program].allSatisfy { Command.find($0) != nil }
            }
        }
    }
}
