/// What guests may ask of a host, and a host need not have.
public enum HostFeature: String, Codable, Hashable, Sendable, CaseIterable {
    /// The files of OVMF.
    case uefi
    case uefiSecure = "uefi-secure"
    /// swtpm, and what sets its state up.
    case tpm

    /// For people: what is missing where a host lacks it.
    public var text: String {
        switch self {
        case .uefi: "UEFI's firmware (OVMF)"
        case .uefiSecure: "UEFI's firmware with Secure Boot (OVMF)"
        case .tpm: "the TPM emulator (swtpm)"
        }
    }

    /// The Debian packages that have it.
    public var packages: String {
        switch self {
        case .uefi, .uefiSecure: "ovmf"
        case .tpm: "swtpm swtpm-tools"
        }
    }
}

extension GuestSpec {
    /// What its host has to have for it.
    public var neededFeatures: [HostFeature] {
        let firmware: [HostFeature] =
            switch firmware {
            case .bios: []
            case .uefi: [.uefi]
            case .uefiSecure: [.uefiSecure]
            }
        return firmware + (hasTPM ? [.tpm] : [])
    }
}
