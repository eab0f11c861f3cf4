/// What is on a host and not of the plan's fleet: counted for capacity, and never touched.
public struct Stranger: Codable, Hashable, Sendable {
    public var host: Name
    /// What and whose it is, such as `guest.db of fleet prod` or `QEMU process 4711 (build-vm)`.
    public var text: String
    /// Zero for what takes none, such as a network or a stopped guest.
    public var memory: ByteCount
    public var cpus: Int

    public init(host: Name, text: String, memory: ByteCount = .zero, cpus: Int = 0) {
        self.host = host
        self.text = text
        self.memory = memory
        self.cpus = cpus
    }
}
