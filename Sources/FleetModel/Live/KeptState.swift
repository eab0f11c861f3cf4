/// What a guest keeps from one start to the next besides its disks. It lies in the guest's folder, and goes with the
/// guest alone.
public enum KeptState: String, Codable, Hashable, Sendable, CaseIterable {
    case firmwareVariables, tpm

    public var noun: String {
        switch self {
        case .firmwareVariables: "firmware variables"
        case .tpm: "TPM"
        }
    }

    /// For plans: what its absence means.
    public var loss: String {
        switch self {
        case .firmwareVariables: "the variables of its firmware are gone, and are made anew: it boots as a new machine"
        case .tpm: "the state of its TPM is gone, and with it all that was sealed by it; a new one is made"
        }
    }
}

extension GuestSpec {
    /// What the guest keeps.
    public var keptState: [KeptState] {
        (firmware.hasVariables ? [.firmwareVariables] : []) + (hasTPM ? [.tpm] : [])
    }
}
