import FleetModel
import KVMExecutor

/// The host's final say on memory: what runs, what is being started or grown, and what there is.
actor Admission {
    typealias Processes = (guests: [LiveGuest], strangers: [StrangerProcess])

    /// What guests may take that were let in, until the host's processes show it.
    private var promised: [ObjectID: ByteCount] = [:]

    /// Lets a guest start, or refuses with the arithmetic.
    ///
    /// - Parameters:
    ///   - observe: says what the host's processes are. It is asked in here: a guest that becomes one of them
    ///     meanwhile would be counted neither there nor here.
    func admit(
        _ definition: GuestDefinition, measured: ByteCount, policy: HostPolicy,
        observe: @Sendable () throws(ExecutorError) -> Processes
    ) throws(HostError) {
        try promise(
            definition.spec.memoryCost, to: definition, "start guest \(definition.name)",
            host: policy.allocatableMemory(of: measured), running: try processes(observe))
    }

    /// Lets a running guest have so much memory, or refuses with the arithmetic. One that is to have less, or that
    /// does not run, is let through.
    func admitGrowth(
        of definition: GuestDefinition, to size: ByteCount, measured: ByteCount, policy: HostPolicy,
        observe: @Sendable () throws(ExecutorError) -> Processes
    ) throws(HostError) {
        let running = try processes(observe)
        guard let guest = running.guests.first(where: { $0.definition.id == definition.id }),
            var process = guest.process
        else { return }
        process.spec.memory = size
        guard process.memoryCost > guest.memoryCost else { return }
        try promise(
            process.memoryCost, to: definition, "give guest \(definition.name) \(size) of memory",
            host: policy.allocatableMemory(of: measured), running: running)
    }

    /// The processes show what the guest takes, or it never will.
    func settled(_ id: ObjectID) { promised[id] = nil }

    private func processes(_ observe: () throws(ExecutorError) -> Processes) throws(HostError) -> Processes {
        do { return try observe() } catch { throw HostError(.failed, error.description) }
    }

    private func promise(
        _ asked: ByteCount, to definition: GuestDefinition, _ attempt: String, host allocatable: ByteCount,
        running: Processes
    ) throws(HostError) {
        var taken = ByteCount.zero
        var seen: Set<ObjectID> = [definition.id]
        for guest in running.guests where guest.hasProcess && seen.insert(guest.definition.id).inserted {
            taken += max(guest.memoryCost, promised[guest.definition.id] ?? .zero)
        }
        for (id, cost) in promised where !seen.contains(id) { taken += cost }
        for stranger in running.strangers { taken += stranger.memory }
        guard taken + asked <= allocatable else {
            throw HostError(
                .refused,
                "the host refuses to \(attempt): it needs \(asked.rounded), and of "
                    + "\(allocatable.rounded) that guests may have \(taken.rounded) are taken by others\n"
                    + "  to do: plan again; something was started on this host since the plan was made")
        }
        promised[definition.id] = asked
    }
}
