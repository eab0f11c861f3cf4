import FleetModel
import HostAgent
import Planner
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

/// Changes of running guests that the limits let through a few at a time, on simulated hosts.
@Suite struct RolloutTests {
    /// Guests of a set on two hosts, applied; then each is given more memory.
    private func rollout(
        guests: Int = 6, maxUnavailable: Int, pauses: Bool = true, fleetLimit: Int? = nil
    ) async -> TestFleet {
        var fleet = TestFleet(guests: guests)
        let set = DesiredGuestSet(name: name("guest"), maxUnavailable: maxUnavailable, pausesAfterFailure: pauses)
        fleet.desired.sets = [set]
        fleet.desired.policy.maxUnavailable = fleetLimit
        for index in fleet.desired.guests.indices { fleet.desired.guests[index].set = set.name }
        await fleet.run()
        for index in fleet.desired.guests.indices {
            fleet.desired.guests[index].cpuModel = "Nehalem"
        }
        return fleet
    }

    /// How many guests are down at once, at most, while the steps run. A stop counts from its beginning, and until
    /// the guest is ready.
    private func mostDown(_ plan: Plan, _ events: [EventLog.ApplyEventRecord]) -> Int {
        var down: Set<ResourceAddress> = []
        var most = 0
        for event in events {
            switch event {
            case .began(let id):
                if case .stopGuest = plan.steps[id].operation { down.insert(plan.steps[id].address) }
            case .ended(let id):
                if case .awaitReady = plan.steps[id].operation { down.remove(plan.steps[id].address) }
            case .failed, .stopping: break
            }
            most = max(most, down.count)
        }
        return most
    }

    /// The steps of one host wait for those of the other.
    @Test(arguments: [1, 2, 3]) func limitsHoldAcrossHosts(limit: Int) async {
        let fleet = await rollout(maxUnavailable: limit)
        let log = EventLog()
        let (plan, outcome) = await fleet.run(parallelism: 64, log: log) { session in
            DisturbedSession(session: session) { (_, perform) throws(HostError) in
                try? await Task.sleep(for: .milliseconds(3))
                return try await perform()
            }
        }
        #expect(plan.refusals.isEmpty && outcome.succeeded)
        #expect(plan.steps.contains { step in step.needs.contains { plan.steps[$0].host != step.host } })
        #expect(mostDown(plan, log.all) == limit)
        #expect(await fleet.rest.isEmpty)
    }

    @Test func theStrictestLimitWins() async {
        let fleet = await rollout(maxUnavailable: 4, fleetLimit: 2)
        let log = EventLog()
        let (plan, outcome) = await fleet.run(parallelism: 64, log: log)
        #expect(outcome.succeeded)
        #expect(mostDown(plan, log.all) <= 2)
    }

    /// One guest does not start: of those that wait, none is stopped any more; where the set does not pause, the
    /// others go on with the places that are left.
    @Test(arguments: [true, false]) func aFailurePausesTheSet(pauses: Bool) async throws {
        let fleet = await rollout(guests: 8, maxUnavailable: 2, pauses: pauses)
        let victim = try #require(
            await fleet.rest.steps.first { if case .startGuest = $0.operation { true } else { false } })
        let (plan, outcome) = await fleet.run(parallelism: 1) { session in
            DisturbedSession(session: session) { (step, perform) throws(HostError) in
                if step.id == victim.id { throw HostError(.failed, "sabotage") }
                return try await perform()
            }
        }
        #expect(outcome.failed.map(\.step.id) == [victim.id])
        let stopped = outcome.done.count { if case .stopGuest = $0.operation { true } else { false } }
        let unstopped = outcome.notBegun.count { if case .stopGuest = $0.operation { true } else { false } }
        #expect(stopped + unstopped == 8)
        #expect(pauses ? stopped <= 2 : stopped > 2)
        #expect(outcome.done.count + 1 + outcome.notBegun.count == plan.steps.count)

        // What is left is planned again, and the guest that is down takes one of the places.
        let log = EventLog()
        let second = await fleet.run(parallelism: 64, log: log)
        #expect(second.outcome.succeeded, "\(second.plan.refusals)")
        #expect(mostDown(second.plan, log.all) <= 2)
        #expect(await fleet.rest.isEmpty)
    }

    @Test func theQueueDropsOnlyStopsOfOtherGuestsOfTheSet() {
        func step(_ id: Int, _ guest: String, stop: Bool, set: String?) -> Step {
            let reference = GuestReference(
                id: ObjectID(kind: .guest, fleet: name("f"), name: name(guest)), fleet: name("f"), name: name(guest))
            return Step(
                id: id, address: ResourceAddress(.guest, name(guest)), host: name("h"), verb: "x",
                operation: stop ? .stopGuest(reference, grace: .seconds(1)) : .startGuest(reference),
                rollout: set.map { name($0) })
        }
        let steps = [
            step(0, "a-0", stop: false, set: "a"), step(1, "a-1", stop: true, set: "a"),
            step(2, "a-0", stop: true, set: "a"), step(3, "a-2", stop: false, set: "a"),
            step(4, "b-0", stop: true, set: "b"), step(5, "c", stop: true, set: nil),
        ]
        var queue = StepQueue(steps)
        #expect(queue.next()?.id == 0)
        queue.failed(steps[0])
        #expect([queue.next(), queue.next(), queue.next(), queue.next()].map { $0?.id } == [2, 3, 4, 5])
        #expect(queue.next() == nil)
    }

    /// A host at 95% of its memory on which half of the guests shrink and the others grow. In the plan's own order
    /// without its waits the host would be overcommitted; replayed, its memory never is.
    @Test(arguments: [1, 4, 64]) func consolidationStaysWithinMemory(parallelism: Int) async throws {
        var fleet = TestFleet(guests: 16, hosts: 1, memory: .gib(2))
        for index in fleet.desired.guests.indices where index >= 8 { fleet.desired.guests[index].memory = .gib(3) }
        await fleet.run()
        let before = try #require(await fleet.rest.capacity.first).before.memory
        fleet.desired.hosts[0].policy.reservedMemory = .zero
        fleet.desired.hosts[0].policy.memory = ByteCount(bytes: before.bytes * 20 / 19)
        for index in fleet.desired.guests.indices {
            fleet.desired.guests[index].memory = index >= 8 ? .gib(2) : .gib(3)
            fleet.desired.guests[index].maxMemory = fleet.desired.guests[index].memory
            fleet.desired.guests[index].cpuModel = "Nehalem"
        }
        let log = EventLog()
        let (plan, outcome) = await fleet.run(parallelism: parallelism, log: log)
        #expect(plan.refusals.isEmpty && outcome.succeeded, "\(outcome.failed.map(\.reason))")
        let capacity = try #require(plan.capacity.first)
        #expect(capacity.peak.memory <= capacity.allocatable.memory)
        // Were every guest to grow before another one shrinks, the host would be overcommitted.
        let growth = Dictionary(grouping: plan.steps, by: \.address).values
            .reduce(Int64(0)) { $0 + max(0, $1.reduce(Int64(0)) { $0 + $1.memoryDelta }) }
        #expect(capacity.before.memory.bytes + growth > capacity.allocatable.memory.bytes)

        var taken = capacity.before.memory.bytes
        var peak = taken
        for event in log.all {
            switch event {
            // What grows counts from its beginning, what shrinks to its end.
            case .began(let id): taken += max(0, plan.steps[id].memoryDelta)
            case .ended(let id): taken += min(0, plan.steps[id].memoryDelta)
            case .failed, .stopping: Issue.record("\(event)")
            }
            peak = max(peak, taken)
        }
        #expect(peak <= capacity.peak.memory.bytes)
        #expect(taken == capacity.after.memory.bytes)
        print(
            "consolidation, \(parallelism) at once: replayed peak \(peak >> 20) MiB of "
                + "\(capacity.allocatable.memory.bytes >> 20) MiB")
    }

    /// Somebody else takes memory after the plan was made: the host refuses a start. What was done stays done, and the
    /// next plan asks for exactly the rest.
    @Test func aRefusalByTheHostLeavesARestThatCanBePlanned() async throws {
        let fleet = await rollout(guests: 4, maxUnavailable: 1)
        let starts = Mutex(0)
        let (plan, outcome) = await fleet.run(parallelism: 4) { session in
            DisturbedSession(session: session) { (step, perform) throws(HostError) in
                if case .startGuest = step.operation {
                    let number = starts.withLock { count in
                        count += 1
                        return count
                    }
                    if number == 2 { throw HostError(.refused, "the host refuses to start it") }
                }
                return try await perform()
            }
        }
        #expect(!outcome.succeeded && outcome.failed.map(\.isRefusal) == [true])
        #expect(outcome.done.count { $0.verb == "start" } == 1)
        #expect(!outcome.notBegun.isEmpty)
        #expect(outcome.done.count + 1 + outcome.notBegun.count == plan.steps.count)
        let refused = outcome.failed[0].step.address
        let rest = await fleet.rest
        #expect(rest.refusals.isEmpty)
        #expect(rest.changes.count == 3, "the guest that was refused, and those that were not begun")
        #expect(rest.changes.contains { $0.address == refused && $0.isDrift })
        #expect(await fleet.run().outcome.succeeded)
        #expect(await fleet.rest.isEmpty)
    }
}
