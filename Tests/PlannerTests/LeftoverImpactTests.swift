import FleetModel
import Planner
import SimulatedHost
import Testing

/// What is left over of a guest runs, holds memory and has data as a guest does: its removal is counted and limited.
@Suite struct LeftoverImpactTests {
    private static func process(_ memory: ByteCount, of fleet: String = "demo") -> Leftover {
        Leftover(
            kind: .process, subject: "4711", proof: "a test", fleet: name(fleet),
            process: StrangerProcess(pid: 4711, name: "lodge:01234567/\(fleet)/guest/old", memory: memory, cpus: 2))
    }

    private func removals(_ plan: Plan) -> Set<Int> {
        Set(plan.steps.filter { if case .removeLeftover = $0.operation { true } else { false } }.map(\.id))
    }

    @Test(arguments: [
        process(.gib(1)),
        Leftover(kind: .stateFolder, subject: "/guests/demo/old", proof: "a test", disks: [name("root")]),
    ])
    func whatHoldsAGuestOrItsDataIsDestroyed(leftover: Leftover) throws {
        var fleet = try GuestFleet()
        fleet.leave(leftover)
        let address = ResourceAddress(leftover)
        let change = try #require(fleet.plan().changes.first)
        #expect(change.address == address && change.impact == .destroy && change.causes.count == 2)
        let refused = fleet.plan(PlanOptions(maxImpact: .replace))
        #expect(refused.refusals.map(\.code) == ["max-impact"])
        #expect(refused.refusals[0].summary.hasPrefix("\(address): this plan would remove it ("))
        #expect(
            refused.refusals[0].help
                == "plan with --max-impact destroy, or leave it alone with --exclude \(address)")
        #expect(limitImpact(of: fleet.plan(), to: .live).map(\.code) == ["max-impact"])
        #expect(fleet.plan(PlanOptions(maxImpact: .live, excludes: [address])).refusals.isEmpty)
        fleet.desired.policy.maxImpact = .live
        #expect(fleet.plan().refusals.map(\.code) == ["max-impact"])
    }

    @Test(arguments: [
        Leftover(kind: .stateFolder, subject: "/guests/demo/old", proof: "a test"),
        Leftover(kind: .temporaryFile, subject: "/images/x.raw.lodge-tmp", proof: "a test"),
    ])
    func whatHoldsNothingIsNot(leftover: Leftover) throws {
        var fleet = try GuestFleet()
        fleet.leave(leftover)
        let plan = fleet.plan(PlanOptions(maxImpact: .live))
        #expect(plan.refusals.isEmpty && plan.changes.map(\.impact) == [.live])
    }

    /// 15.5 GiB may be given, and the process has 14 of them.
    @Test func itsMemoryIsTakenUntilItIsRemoved() throws {
        var fleet = try GuestFleet {
            $0.memory = .gib(12)
            $0.maxMemory = .gib(12)
        }
        fleet.clear(leaving: Self.process(.gib(14)))
        let plan = fleet.plan()
        let removal = try #require(removals(plan).first)
        let start = try #require(plan.steps.first { $0.verb == "start" })
        #expect(plan.refusals.isEmpty && start.needs.contains(removal))
        #expect(plan.steps[removal].memoryDelta == -ByteCount.gib(14).bytes)
        #expect(plan.capacity[0].before.memory == .gib(14) && plan.capacity[0].before.cpus == 2)
        #expect(plan.capacity[0].peak.memory == .gib(14))
        #expect(plan.capacity[0].after.memory < .gib(13) && plan.capacity[0].after.memory > .gib(12))
        try fleet.apply()
    }

    /// A guest that grows waits too.
    @Test func growthWaits() throws {
        var fleet = try GuestFleet()
        fleet.leave(Self.process(.gib(15)))
        fleet.guest.memory = .gib(1)
        let plan = fleet.plan()
        let change = try #require(plan.steps.first { $0.address.kind == .guest })
        #expect(plan.refusals.isEmpty && removals(plan).isSubset(of: change.needs))
        try fleet.apply()
    }

    @Test func theMemoryOfWhatStaysIsNotGivenAway() throws {
        var fleet = try GuestFleet {
            $0.memory = .gib(12)
            $0.maxMemory = .gib(12)
        }
        fleet.clear(leaving: Self.process(.gib(14), of: "other"))
        let plan = fleet.plan()
        #expect(plan.refusals.map(\.code) == ["capacity-memory"])
        #expect(plan.refusals[0].detail?.contains("process 4711") == true)
        #expect(plan.strangers.map(\.memory) == [.gib(14)])
    }

    /// A network goes when nothing that is left over can be on it any more.
    @Test func aNetworkGoesLast() throws {
        var fleet = try GuestFleet()
        fleet.leave(Self.process(.gib(1)))
        fleet.leave(Leftover(kind: .interface, subject: "lgt0123456789", proof: "a test"))
        let plan = makeDestroyPlan(fleet: name("demo"), hosts: observe(fleet.hosts))
        let networks = plan.steps.filter { $0.address.kind == .network }
        #expect(networks.count == 1 && networks.allSatisfy { removals(plan).isSubset(of: $0.needs) })
        #expect(removals(plan).count == 2)
    }
}
