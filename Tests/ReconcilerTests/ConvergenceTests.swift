import FleetModel
import HostAgent
import HostSystem
import Planner
import Reconciler
import Synchronization
import TestSupport
import Testing

@Suite struct ConvergenceTests {
    @Test func afterAnApplyThePlanIsEmpty() async {
        let fleet = TestFleet(guests: 5)
        let (plan, outcome) = await fleet.run()
        #expect(plan.counts.added == 5 + 2 + 2 || plan.counts.added > 5, "\(plan.counts)")
        #expect(outcome.succeeded)
        #expect(outcome.done.count == plan.steps.count)
        let rest = await fleet.rest
        #expect(rest.isEmpty && rest.steps.isEmpty && rest.refusals.isEmpty)
    }

    /// Whichever step fails, before or after it took effect: a second run completes what the first one left.
    @Test(arguments: [false, true]) func aFailureAnywhereIsMendedByTheNextRun(isLate: Bool) async {
        let count = await TestFleet(guests: 3).rest.steps.count
        #expect(count > 10)
        for victim in 0..<count {
            let fleet = TestFleet(guests: 3)
            let saboteur = Saboteur(victim, isLate: isLate)
            let first = await fleet.run(wrapping: saboteur.wrap)
            #expect(first.outcome.failed.map(\.reason) == ["sabotage"], "step \(victim)")
            #expect(first.outcome.done.count + 1 + first.outcome.notBegun.count == count)
            let second = await fleet.run()
            #expect(second.outcome.succeeded, "after step \(victim): \(second.outcome.failed.map(\.reason))")
            let rest = await fleet.rest
            #expect(rest.isEmpty, "after step \(victim): \(rest.changes.map(\.address))")
        }
    }

    /// The same for a change of what is there: guests that grow, one that goes.
    @Test(arguments: [false, true]) func aFailureDuringAChangeIsMendedToo(isLate: Bool) async {
        func changed() async -> TestFleet {
            var fleet = TestFleet(guests: 3)
            await fleet.run()
            fleet.desired.guests.removeLast()
            fleet.desired.guests[0].memory = .mib(256)
            fleet.desired.networks[0].spec.domain = "demo.internal"
            return fleet
        }
        let count = await changed().rest.steps.count
        #expect(count > 4)
        for victim in 0..<count {
            let fleet = await changed()
            await fleet.run(wrapping: Saboteur(victim, isLate: isLate).wrap)
            let second = await fleet.run()
            #expect(second.outcome.succeeded, "after step \(victim): \(second.outcome.failed.map(\.reason))")
            #expect(await fleet.rest.isEmpty, "after step \(victim)")
        }
    }

    @Test func whatDoesNotNeedAFailedStepGoesOn() async throws {
        let fleet = TestFleet(guests: 6, hosts: 1)
        let start = try #require(
            await fleet.rest.steps.first { if case .startGuest = $0.operation { true } else { false } })
        let (plan, outcome) = await fleet.run { session in
            DisturbedSession(session: session) { (step, perform) throws(HostError) in
                if step.id == start.id { throw HostError(.refused, "no room") }
                return try await perform()
            }
        }
        #expect(outcome.failed.map(\.step.id) == [start.id])
        #expect(outcome.failed[0].isRefusal)
        var needing: Set<Int> = [start.id]
        for step in plan.steps where !needing.isDisjoint(with: step.needs) { needing.insert(step.id) }
        #expect(Set(outcome.notBegun.map(\.id)) == needing.subtracting([start.id]))
    }

    @Test func destroyingLeavesNoFiles() async throws {
        let fleet = TestFleet(guests: 4)
        await fleet.run()
        #expect(!(try Files.list(fleet.folder.layout.stateFolder).isEmpty))
        let outcome = await fleet.with { connections in
            try! await lock(connections, holder: "test", timeout: .seconds(0))
            let plan = makeDestroyPlan(
                fleet: fleet.desired.name, hosts: await observe(connections), declared: fleet.desired.hosts)
            return await apply(plan, on: connections, parallelism: 4, stop: StopRequest()) { _ in }
        }
        #expect(outcome.succeeded)
        #expect(try Files.list(fleet.folder.layout.stateFolder + "/simulated").isEmpty)
    }

    @Test func aHostThatIsGoneFailsItsStepsAndNoOthers() async {
        let fleet = TestFleet(guests: 4)
        let (plan, outcome) = await fleet.with { connections in
            try! await lock(connections, holder: "test", timeout: .seconds(0))
            let plan = await fleet.plan(connections)
            var broken = connections
            broken[name("host-1")] = .failure(HostError(.unreachable, "it hung up"))
            return (plan, await apply(plan, on: broken, parallelism: 4, stop: StopRequest()) { _ in })
        }
        #expect(outcome.done.allSatisfy { $0.host == name("host-0") })
        #expect(outcome.done.count == plan.steps.count { $0.host == name("host-0") })
        #expect(outcome.failed.allSatisfy { $0.step.host == name("host-1") })
        #expect(!outcome.failed.isEmpty && !outcome.succeeded)
    }

    /// A thousand guests: every step once, a journal line each, and then nothing is left to do.
    @Test func aThousandGuests() async throws {
        let fleet = TestFleet(guests: 1_000, hosts: 1)
        let journal = "\(fleet.folder.layout.stateFolder)/simulated/host-0.journal"
        let (plan, outcome, lines) = await fleet.with { connections in
            try! await lock(connections, holder: "test", timeout: .seconds(0))
            let plan = await fleet.plan(connections)
            let outcome = await apply(plan, on: connections, parallelism: 16, stop: StopRequest()) { _ in }
            let lines = (try? Files.read(journal, limit: 1 << 30))?.count { $0 == 0x0A }
            return (plan, outcome, lines)
        }
        #expect(plan.steps.count >= 3_000)
        #expect(outcome.done.count == plan.steps.count)
        #expect(Set(outcome.done.map(\.id)).count == plan.steps.count)
        #expect(lines == plan.steps.count)
        #expect(!Files.exists(journal))
        #expect(await fleet.rest.isEmpty)
    }
}
