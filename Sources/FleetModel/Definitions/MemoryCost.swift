/// What a guest takes from its host's memory: the memory that it was given and QEMU's own.
///
/// The figures come from running QEMU 7.2 with the device set that Lodge gives every guest and reading its
/// proportional set size (`/proc/PID/smaps_rollup`): 18 MiB beyond the guest's memory under KVM, 45 to 49 MiB
/// under TCG, and there a translation buffer that Lodge always sets to 32 MiB and that was seen to cost up to 51.
/// They are rounded up, and 1/512 of the guest's memory is added for page tables (8 bytes a 4 KiB page). Memory that a
/// guest may be given while it runs costs nothing before: with room for 384 MiB to 16 GiB more, no difference
/// was seen beyond the 2 MiB by which such processes differ anyway, and at most 1.3 MiB once it was plugged in
/// (`Tests/Benchmarks/overhead`, under TCG).
public enum MemoryCost {
    /// The size that TCG's translation buffer is given (`-accel tcg,tb-size=`), in MiB.
    public static let translationBufferMiB = 32

    public static func overhead(memory: ByteCount, accelerator: Accelerator) -> ByteCount {
        let fixed: ByteCount =
            switch accelerator {
            case .kvm: .mib(24)
            case .tcg: .mib(56 + 52)
            }
        return fixed + ByteCount(bytes: memory.bytes / 512)
    }
}

extension GuestSpec {
    /// Bytes that this guest takes from its host while it runs.
    public var memoryCost: ByteCount { memory + MemoryCost.overhead(memory: memory, accelerator: accelerator) }
}

extension RunningGuest {
    /// Bytes that the process may take from its host: a balloon is not counted on, since a guest that runs short
    /// takes back what is in it.
    public var memoryCost: ByteCount {
        let memory = max(spec.memory, bootMemory)
        return memory + MemoryCost.overhead(memory: memory, accelerator: spec.accelerator)
    }
}
