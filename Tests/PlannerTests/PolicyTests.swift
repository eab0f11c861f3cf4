import FleetModel
import Planner
import Testing

/// What a plan must not do, by whose word.
@Suite struct PolicyTests {
    private func codes(_ plan: Plan) -> [String] { plan.refusals.map(\.code) }

    @Test func theStrictestLimitIsNamed() throws {
        var fleet = try GuestFleet()
        fleet.guest.cpuModel = "Nehalem"
        #expect(codes(fleet.plan(PlanOptions(maxImpact: .restart))).isEmpty)
        fleet.desired.policy.maxImpact = .restart
        fleet.guest.update.maxImpact = .live
        let plan = fleet.plan(PlanOptions(maxImpact: .destroy))
        #expect(codes(plan) == ["max-impact"])
        #expect(
            plan.refusals[0].summary
                == "guest.web: this plan would restart it (cpu.model = host -> Nehalem), and its update.maxImpact "
                + "allows live at most")
        #expect(plan.refusals[0].help == "raise the guest's update.maxImpact, or leave the change out")
        fleet.guest.update.maxImpact = .destroy
        #expect(codes(fleet.plan(PlanOptions(maxImpact: .live))) == ["max-impact"])
    }

    @Test func aLimitHoldsForRemovalsToo() throws {
        var fleet = try GuestFleet()
        fleet.desired.guests = []
        let plan = fleet.plan(PlanOptions(maxImpact: .replace))
        #expect(
            plan.refusals.map(\.summary) == [
                "guest.web: this plan would destroy it (not in the manifests any more), and --max-impact allows "
                    + "replace at most"
            ])
    }

    @Test func liveChangesAndCreationsAreAllowedAnyway() throws {
        var fleet = try GuestFleet()
        fleet.guest.memory = .mib(512)
        fleet.desired.guests.append(
            DesiredGuest(name: name("zoo"), memory: .mib(256), boot: .image(FleetGenerator.file("tiny"))))
        #expect(codes(fleet.plan(PlanOptions(maxImpact: .live))).isEmpty)
    }

    @Test func protectionOutlivesItsManifest() throws {
        var fleet = try GuestFleet { $0.isProtected = true }
        let everything = makeDestroyPlan(fleet: name("demo"), hosts: observe(fleet.hosts))
        #expect(codes(everything) == ["protected"])
        let guest = fleet.desired.guests.removeLast()
        #expect(codes(fleet.plan()) == ["protected"])
        fleet.desired.guests = [guest]
        fleet.guest.cpuModel = "Nehalem"
        #expect(codes(fleet.plan()).isEmpty)
        fleet.guest.machine = .microvm
        fleet.guest.boot = .image(FleetGenerator.file("tiny"))
        #expect(codes(fleet.plan()) == ["protected"])
        #expect(fleet.plan().refusals[0].summary.contains("machine = q35 -> microvm"))
    }

    /// Taking the mark away and using that at once is refused; after an apply of its own it is not.
    @Test func protectionIsTakenAwayFirst() throws {
        var fleet = try GuestFleet { $0.isProtected = true }
        fleet.guest.isProtected = false
        var replacing = fleet
        replacing.guest.disks[0].size = .gib(1)
        #expect(codes(replacing.plan()) == ["protected"])
        try fleet.apply()
        fleet.guest.disks[0].size = .gib(1)
        #expect(codes(fleet.plan()).isEmpty)
    }

    /// As long as its old file is there, a disk that an interrupted replacement was to make anew can be kept.
    @Test func anInterruptedReplacementIsOneStill() throws {
        var fleet = try GuestFleet()
        try fleet.interruptDefinition(PlanOptions(replacements: [ResourceAddress(.guest, name("web"))]))
        let change = try fleet.change()
        #expect(change.action == .replace && change.impact == .replace && change.isDrift)
        #expect(change.causes.first == "an interrupted change is still to make disk root anew")
        #expect(codes(fleet.plan(PlanOptions(maxImpact: .restart))) == ["max-impact"])
        var gone = fleet
        gone.live.missingDisks = [name("root")]
        #expect(try gone.change().impact == .live, "nothing is there to be lost")
        fleet.guest.isProtected = true
        #expect(codes(fleet.plan()) == ["protected"])
        fleet.guest.isProtected = false
        try fleet.apply()
    }

    @Test func anInterruptedNewDataDiskLosesWhatIsThere() throws {
        var fleet = try GuestFleet()
        fleet.guest.disks[1].size = .mib(512)
        try fleet.interruptDefinition()
        let change = try fleet.change()
        #expect(change.action == .update && change.impact == .destroy)
        #expect(codes(fleet.plan(PlanOptions(maxImpact: .replace))) == ["max-impact"])
    }

    /// A guest that was never whole has nothing to lose.
    @Test func anInterruptedCreationIsNoReplacement() throws {
        var fleet = try GuestFleet()
        fleet.guest.isProtected = true
        fleet.clear()
        try fleet.interruptDefinition()
        fleet.live.missingDisks = [name("data")]
        fleet.guest.cpus = 1
        #expect(codes(fleet.plan(PlanOptions(maxImpact: .live))).isEmpty)
        try fleet.interruptDefinition()
        fleet.live.missingDisks = []
        #expect(codes(fleet.plan(PlanOptions(maxImpact: .live))).isEmpty)
        try fleet.apply()
    }

    @Test func losingADiskIsLosingWhatIsProtected() throws {
        var fleet = try GuestFleet {
            $0.isProtected = true
            $0.disks[1].onRemove = .delete
        }
        fleet.guest.disks.removeLast()
        #expect(codes(fleet.plan()) == ["protected"])
        #expect(codes(fleet.plan(PlanOptions(replacements: [ResourceAddress(.guest, name("web"))]))) == ["protected"])
    }

    @Test func restartPoliciesNeedWhatOutlivesAProcess() throws {
        var fleet = try GuestFleet { $0.restart = .never }
        fleet.guest.restart = .onFailure
        let plan = fleet.plan()
        #expect(codes(plan) == ["restart-not-supported"])
        #expect(
            plan.refusals[0].summary
                == "guest.web: restart: on-failure is not supported on host.local: guests are plain processes here")
    }
}
