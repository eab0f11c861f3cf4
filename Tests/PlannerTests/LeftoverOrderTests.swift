import FleetModel
import Planner
import Testing

/// A leftover is gone before anything is made where it lies: removed meanwhile, it would take the new one with it.
@Suite struct LeftoverOrderTests {
    private static let digest = "\(FleetGenerator.file("base-0").digest).qcow2"

    @Test(arguments: [
        (Leftover.Kind.temporaryFile, "/state/images/\(digest).lodge-tmp", "copy qcow2"),
        (.temporaryFile, "/state/images/claims/demo/base.json", "claim"),
        (.temporaryFile, "/state/images/claims/demo/base.json.lodge-tmp", "claim"),
        (.stateFolder, "/state/networks/demo/lan", "create"),
        (.stateFolder, "/state/guests/demo/web", "create"),
        (.runFolder, "/run/guests/0123456789ab", "create"),
        (.process, "4711", "create"),
    ])
    func makingWaitsForTheRemoval(kind: Leftover.Kind, subject: String, verb: String) throws {
        var fleet = try GuestFleet()
        fleet.clear(leaving: Leftover(kind: kind, subject: subject, proof: "a test"))
        let plan = fleet.plan()
        let removal = try #require(plan.steps.first { if case .removeLeftover = $0.operation { true } else { false } })
        let waiting = plan.steps.filter { $0.needs.contains(removal.id) }
        #expect(waiting.contains { $0.verb == verb }, "\(waiting.map(\.verb))")
        #expect(waiting.count < plan.steps.count - 1, "what it is not in the way of does not wait")
    }

    /// It takes memory until then, like any process.
    @Test func guestsStartAfterATPMThatIsLeftOver() throws {
        var fleet = try GuestFleet()
        let process = StrangerProcess(pid: 4712, name: "swtpm", memory: .mib(40), cpus: 0)
        fleet.clear(leaving: Leftover(kind: .tpmProcess, subject: "4712", proof: "a test", process: process))
        let plan = fleet.plan()
        let removal = try #require(plan.steps.first { if case .removeLeftover = $0.operation { true } else { false } })
        let starts = plan.steps.filter { $0.verb == "start" }
        #expect(!starts.isEmpty && starts.allSatisfy { $0.needs.contains(removal.id) })
    }

    /// A copy of one image is not in the way of another.
    @Test func othersDoNotWait() throws {
        var fleet = try GuestFleet()
        fleet.clear(
            leaving: Leftover(kind: .temporaryFile, subject: "/state/images/abcd.raw.lodge-tmp", proof: "a test"))
        let plan = fleet.plan()
        let removal = try #require(plan.steps.first { if case .removeLeftover = $0.operation { true } else { false } })
        #expect(!plan.steps.contains { $0.needs.contains(removal.id) })
    }
}
