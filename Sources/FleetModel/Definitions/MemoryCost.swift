/// What a guest takes from its host's memory: the memory that it was given and QEMU's own.
///
/// The figures come from running QEMU 7.2 with the device set that Lodge gives every guest and reading its
/// proportional set size (`/proc/PID/smaps_rollup`): 18 MiB beyond the guest's memory under KVM, 45 to 49 MiB
/// under TCG, and there a translation buffer that Lodge always sets to 32 MiB and that was seen to cost up to 51.
/// They are rounded up, and 1/512 of the guest's memory is added for page tables (8 bytes a 4 KiB page). Memory that a
/// guest may be given while it runs costs nothing before: with room for 384 MiB to 16 GiB more, no difference
/// was seen beyond the 2 MiB by which such processes differ anyway, and at most 1.3 MiB once it was plugged in
/// (`Tests/Benchmarks/overhead`, under TCG).
///
/// OVMF was seen to add 76 to 87 MiB, the same way. A TPM's process has 5 MiB, and a screen 16 MiB that the guest
/// draws in (`vgamem_mb` of QEMU's VGA) and as much again that VNC compares it with.
public enum MemoryCost {
    /// The size that TCG's translation buffer is given (`-accel tcg,tb-size=`), in MiB.
    public static let translationBufferMiB = 32

    /// What a TPM's process takes.
    public static let tpm = ByteCount.mib(6)

    public static func overhead(
        memory: ByteCount, accelerator: Accelerator, firmware: Firmware = .bios, hasTPM: Bool = false,
        display: Display = .none
    ) -> ByteCount {
        var cost: ByteCount =
            switch accelerator {
            case .kvm: .mib(24)
            case .tcg: .mib(56 + 52)
            }
        if firmware.hasVariables { cost += .mib(88) }
        if hasTPM { cost += tpm }
        if display == .vnc { cost += .mib(32) }
        return cost + ByteCount(bytes: memory.bytes / 512)
    }
}

extension GuestSpec {
    /// Bytes that this guest takes from its host while it runs.
    public var memoryCost: ByteCount { cost(of: memory) }

    fileprivate func cost(of memory: ByteCount) -> ByteCount {
        memory
            + MemoryCost.overhead(
                memory: memory, accelerator: accelerator, firmware: firmware, hasTPM: hasTPM, display: display)
    }
}

extension RunningGuest {
    /// Bytes that the process may take from its host: a balloon is not counted on, since a guest that runs short
    /// takes back what is in it.
    public var memoryCost: ByteCount { spec.cost(of: max(spec.memory, bootMemory)) }
}
