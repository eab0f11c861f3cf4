/// How much of a host guests may have. Travels to the host, which checks it again before each start.
public struct HostPolicy: Codable, Hashable, Sendable {
    /// Kept for the host's own system.
    public var reservedMemory: ByteCount
    public var reservedCPUs: Int
    /// What has to stay free on the file system of the state folder.
    public var reservedDisk: ByteCount
    /// How many bytes may be promised for each one that is there; 1: every byte promised exists.
    public var memoryOvercommit: Double
    public var cpuOvercommit: Double
    /// Caps below what is measured; on a simulated host, what there is.
    public var memory: ByteCount?
    public var cpus: Int?
    public var disk: ByteCount?

    public init(
        reservedMemory: ByteCount = .gib(2), reservedCPUs: Int = 2, reservedDisk: ByteCount = .zero,
        memoryOvercommit: Double = 1, cpuOvercommit: Double = 4, memory: ByteCount? = nil, cpus: Int? = nil,
        disk: ByteCount? = nil
    ) {
        self.reservedMemory = reservedMemory
        self.reservedCPUs = reservedCPUs
        self.reservedDisk = reservedDisk
        self.memoryOvercommit = memoryOvercommit
        self.cpuOvercommit = cpuOvercommit
        self.memory = memory
        self.cpus = cpus
        self.disk = disk
    }

    /// Bytes of memory that guests, their QEMU processes included, may have together:
    /// `(min(measured, declared) − reserve) × overcommit`, never below zero.
    public func allocatableMemory(of measured: ByteCount) -> ByteCount {
        let present = min(measured, memory ?? measured)
        return ByteCount(bytes: Int64(Double(max(0, present.bytes - reservedMemory.bytes)) * memoryOvercommit))
    }

    /// Virtual CPUs that guests may have together. At most half of the host's CPUs are reserved.
    public func allocatableCPUs(of measured: Int) -> Int {
        let present = min(measured, cpus ?? measured)
        return Int(Double(present - min(reservedCPUs, present / 2)) * cpuOvercommit)
    }
}
