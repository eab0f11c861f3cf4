/// What a host can give to guests and what they take of it.
public struct HostCapacity: Codable, Hashable, Sendable {
    /// Memory and disk in bytes; processors as a count of virtual CPUs.
    public struct Amounts: Codable, Hashable, Sendable {
        public var memory: ByteCount
        public var cpus: Int
        public var disk: ByteCount

        public init(memory: ByteCount = .zero, cpus: Int = 0, disk: ByteCount = .zero) {
            self.memory = memory
            self.cpus = cpus
            self.disk = disk
        }
    }

    public var host: Name
    public var allocatable: Amounts
    public var before: Amounts
    /// The most that is taken at any moment of the apply, in whichever order its steps are run.
    public var peak: Amounts
    public var after: Amounts

    public init(host: Name, allocatable: Amounts, before: Amounts, peak: Amounts, after: Amounts) {
        self.host = host
        self.allocatable = allocatable
        self.before = before
        self.peak = peak
        self.after = after
    }
}
