import FleetModel

/// Memory in bytes and virtual CPUs.
struct Load: Hashable {
    var memory: Int64 = 0
    var cpus: Int64 = 0

    init(memory: Int64 = 0, cpus: Int64 = 0) {
        self.memory = memory
        self.cpus = cpus
    }

    init(_ amounts: HostCapacity.Amounts) { self.init(memory: amounts.memory.bytes, cpus: Int64(amounts.cpus)) }

    /// What is more than zero of it.
    var growth: Load { Load(memory: max(0, memory), cpus: max(0, cpus)) }

    static func + (a: Self, b: Self) -> Self { Self(memory: a.memory + b.memory, cpus: a.cpus + b.cpus) }
    static func - (a: Self, b: Self) -> Self { Self(memory: a.memory - b.memory, cpus: a.cpus - b.cpus) }
    static func += (a: inout Self, b: Self) { a = a + b }
    static func -= (a: inout Self, b: Self) { a = a - b }
}
