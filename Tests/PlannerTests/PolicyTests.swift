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
