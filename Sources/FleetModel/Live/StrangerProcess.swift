/// A QEMU process that is not this instance's: never touched, counted for capacity.
public struct StrangerProcess: Codable, Hashable, Sendable {
    public var pid: Int32
    /// The guest's name on its command line, or the executable's.
    public var name: String
    /// The memory that its command line promises it, or what it has resident where that says nothing.
    public var memory: ByteCount
    public var cpus: Int

    public init(pid: Int32, name: String, memory: ByteCount, cpus: Int) {
        self.pid = pid
        self.name = name
        self.memory = memory
        self.cpus = cpus
    }
}
