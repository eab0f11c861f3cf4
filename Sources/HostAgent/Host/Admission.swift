import FleetModel
import KVMExecutor

/// The host's final say on memory: what runs, what is being started, and what there is.
actor Admission {
    /// Guests that were let in and do not show among the processes yet.
    private var starting: [ObjectID: ByteCount] = [:]

    /// Lets a guest start, or refuses with the arithmetic.
    ///
    /// - Parameters:
    ///   - observe: says what the host's processes are. It is asked in here: a guest that becomes one of them
    ///     meanwhile would be counted neither there nor here.
    func admit(
        _ definition: GuestDefinition, measured: ByteCount, policy: HostPolicy,
        observe: @Sendable () throws(ExecutorError) -> (guests: [LiveGuest], strangers: [StrangerProcess])
    ) throws(HostError) {
        let running: (guests: [LiveGuest], strangers: [StrangerProcess])
        do { running = try observe() } catch { throw HostError(.failed, error.description) }
        let allocatable = policy.allocatableMemory(of: measured)
        var taken = ByteCount.zero
        var seen: Set<ObjectID> = [definition.id]
        for guest in running.guests where guest.hasProcess && seen.insert(guest.definition.id).inserted {
            taken += guest.memoryCost
        }
        for (id, cost) in starting where !seen.contains(id) { taken += cost }
        for stranger in running.strangers { taken += stranger.memory }
        let asked = definition.spec.memoryCost
        guard taken + asked <= allocatable else {
            throw HostError(
                .refused,
                "the host refuses to start guest \(definition.name): it needs \(asked.rounded), and of "
                    + "\(allocatable.rounded) that guests may have \(taken.rounded) are taken\n"
                    + "  to do: plan again; something was started on this host since the plan was made")
        }
        starting[definition.id] = asked
    }

    /// The guest shows among the processes now, or will never.
    func settled(_ id: ObjectID) { starting[id] = nil }
}
