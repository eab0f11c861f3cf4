import FleetModel
import HostAgent
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

@Suite struct ApplyOrderTests {
    @Test(arguments: [1, 3, 7]) func neverMoreAtOnceThanAllowed(parallelism: Int) async {
        let fleet = TestFleet(guests: 8)
        let running = Mutex((now: 0, most: 0))
        let outcome = await fleet.run(parallelism: parallelism) { session in
            DisturbedSession(session: session) { (_, perform) throws(HostError) in
                running.withLock { count in
                    count.now += 1
                    count.most = max(count.most, count.now)
                }
                defer { running.withLock { $0.now -= 1 } }
                // As many as may run at once do, where as many are ready: they wait for each other, for a while.
                for _ in 0..<200 where running.withLock({ $0.most }) < parallelism {
                    try? await Task.sleep(for: .milliseconds(5))
                }
                return try await perform()
            }
        }.outcome
        #expect(outcome.succeeded)
        #expect(running.withLock { $0.most } == parallelism)
    }

    @Test(arguments: [1, 4, 64]) func everyStepWaitsForThoseItNeeds(parallelism: Int) async {
        let fleet = TestFleet(guests: 10)
        let log = EventLog()
        let (plan, outcome) = await fleet.run(parallelism: parallelism, log: log)
        #expect(outcome.succeeded)
        var ended: Set<Int> = []
        var began: Set<Int> = []
        let needs = Dictionary(uniqueKeysWithValues: plan.steps.map { ($0.id, $0.needs) })
        for event in log.all {
            switch event {
            case .began(let id):
                #expect(began.insert(id).inserted)
                #expect(ended.isSuperset(of: needs[id]!), "step \(id)")
            case .ended(let id): ended.insert(id)
            case .failed, .stopping: Issue.record("\(event)")
            }
        }
        #expect(ended.count == plan.steps.count)
    }

    /// The wish to stop is heard at once: waits are cut short, running steps end, nothing new begins.
    @Test func stoppingCutsWaitsAndBeginsNothingNew() async {
        let fleet = TestFleet(guests: 6, hosts: 1)
        let stop = StopRequest()
        let log = EventLog()
        let begun = Mutex(0)
        let (plan, outcome) = await fleet.run(parallelism: 100, stop: stop, log: log) { session in
            DisturbedSession(session: session) { (step, perform) throws(HostError) in
                guard case .awaitReady = step.operation else { return try await perform() }
                if begun.withLock({ count in
                    count += 1
                    return count == 3
                }) {
                    stop.make()
                }
                do { try await Task.sleep(for: .seconds(600)) } catch { throw HostError(.cancelled, "cut short") }
                return nil
            }
        }
        #expect(!outcome.failed.isEmpty)
        #expect(outcome.failed.allSatisfy { $0.reason == "cut short" })
        #expect(outcome.wasStopped)
        #expect(!outcome.succeeded)
        #expect(outcome.done.count + outcome.failed.count + outcome.notBegun.count == plan.steps.count)
        let events = log.all
        #expect(events.count { if case .stopping = $0 { true } else { false } } == 1)
    }

    /// It is said while the steps that run go on, not when the first of them has ended.
    @Test func stoppingIsReportedAtOnce() async {
        let fleet = TestFleet(guests: 2, hosts: 1)
        let stop = StopRequest()
        let log = EventLog()
        let outcome = await fleet.run(stop: stop, log: log) { session in
            DisturbedSession(session: session) { (_, perform) throws(HostError) in
                stop.make()
                for _ in 0..<1_000 {
                    if log.all.contains(where: { if case .stopping = $0 { true } else { false } }) { break }
                    try? await Task.sleep(for: .milliseconds(5))
                }
                return try await perform()
            }
        }.outcome
        #expect(outcome.wasStopped)
        let events = log.all
        let stopping = events.firstIndex { if case .stopping = $0 { true } else { false } }
        let ended = events.firstIndex { if case .ended = $0 { true } else { false } }
        #expect(stopping != nil && ended != nil)
        if let stopping, let ended { #expect(stopping < ended) }
        #expect(outcome.failed.isEmpty, "steps that change something run to their end")
    }

    @Test func stoppingBeforeTheStartDoesNothing() async {
        let fleet = TestFleet(guests: 2)
        let stop = StopRequest()
        stop.make()
        let (plan, outcome) = await fleet.run(stop: stop)
        #expect(outcome.done.isEmpty && outcome.failed.isEmpty)
        #expect(outcome.notBegun == plan.steps)
        #expect(outcome.wasStopped)
    }

    /// However wish, wait and cancellation race, every wait returns.
    @Test func everyWaitForTheWishReturns() async {
        for round in 0..<300 {
            let stop = StopRequest()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { await stop.wait() } }
                if round % 3 == 0 {
                    group.cancelAll()
                } else {
                    group.addTask { stop.make() }
                    if round % 3 == 1 { group.cancelAll() }
                }
            }
            stop.make()
            await stop.wait()
            #expect(stop.isMade)
        }
    }

    @Test func theQueueGivesStepsInThePlansOrder() {
        func step(_ id: Int, needs: [Int] = []) -> Step {
            Step(
                id: id, address: ResourceAddress(.guest, name("g")), host: name("h"), verb: "x", needs: needs,
                operation: .removeLeftover(Leftover(kind: .runFolder, subject: "x", proof: "x")))
        }
        let steps = [step(1), step(2, needs: [1]), step(3), step(4, needs: [2, 3]), step(5, needs: [1])]
        var queue = StepQueue(steps)
        #expect(queue.next()?.id == 1)
        #expect(queue.next()?.id == 3)
        #expect(queue.next() == nil)
        queue.succeeded(steps[2])
        #expect(queue.next() == nil)
        queue.succeeded(steps[0])
        #expect(queue.next()?.id == 2)
        #expect(queue.next()?.id == 5)
        #expect(queue.next() == nil)
        queue.succeeded(steps[1])
        #expect(queue.next()?.id == 4)
    }
}
