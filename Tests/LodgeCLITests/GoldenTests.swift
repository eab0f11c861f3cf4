import FleetModel
import LodgeCLI
import Planner
import Testing

@Suite struct GoldenTests {
    /// Broken into lines, so that a difference can be read.
    private func json(_ plan: Plan) -> String {
        let text = renderPlanJSON(
            plan, lodgeVersion: "0.1.0", timestamp: "2026-01-02T03:04:05Z", digest: Digest(of: "\(plan.fleet)"))
        return text.split(separator: ",").joined(separator: ",\n")
    }

    @Test func aNewFleet() {
        let plan = makePlan(desired: Scenario.desired, hosts: Scenario.observe(Scenario.emptyHost))
        expectGolden(renderPlan(plan, style: .plain), "plan-new.txt")
        expectGolden(json(plan), "plan-new.json")
    }

    @Test func everyKindOfChange() {
        let plan = makePlan(desired: Scenario.changed, hosts: Scenario.observe(Scenario.driftedHost))
        expectGolden(renderPlan(plan, style: .plain), "plan-changes.txt")
        expectGolden(renderPlan(plan, style: TextStyle(isColoured: true)), "plan-changes.ansi")
        expectGolden(json(plan), "plan-changes.json")
    }

    /// A change, a secret, a rename and a removal, as they lie in a file.
    @Test func aPlanFile() throws {
        var desired = Scenario.changed
        desired.guests[1].cloudInit?.userData = "#cloud-config\npassword: marker\n"
        desired.guests[1].secrets = ["cloudInit.userData": .environment("WEB_USER_DATA")]
        let plan = makePlan(desired: desired, hosts: Scenario.observe(Scenario.driftedHost))
        let saved = try SavedPlan(
            sealing: plan, of: .init(purpose: .apply, manifests: ["fleet.yaml"]), hosts: desired.hosts,
            lodgeVersion: "0.1.0", created: "2026-01-02T03:04:05Z", seal: PlanSeal(salt: "0123456789abcdef"))
        let text = String(decoding: PlanFile.text(of: saved), as: UTF8.self)
        #expect(!text.contains("marker"))
        expectGolden(text, "plan-file.json")
        let kept = try PlanFile.read(Array(text.utf8))
        #expect(kept == saved)
        expectGolden(renderPlan(kept.plan, style: .plain), "plan-file.txt")
    }

    @Test func nothingToDo() {
        let plan = makePlan(desired: Scenario.desired, hosts: Scenario.observe(Scenario.appliedHost))
        expectGolden(renderPlan(plan, style: .plain), "plan-empty.txt")
    }

    @Test func aRefusal() {
        var desired = Scenario.changed
        desired.guests[0].memory = .gib(12)
        desired.networks[0].spec.gateway = IPv4Address(parsing: "10.77.0.254")!
        let plan = makePlan(desired: desired, hosts: Scenario.observe(Scenario.appliedHost))
        expectGolden(renderPlan(plan, style: .plain), "plan-refused.txt")
    }

    @Test func everythingRemoved() {
        let plan = makeDestroyPlan(
            fleet: Scenario.desired.name, hosts: Scenario.observe(Scenario.appliedHost))
        expectGolden(renderPlan(plan, style: .plain), "plan-destroy.txt")
    }

    @Test func aHostThatDoesNotAnswer() {
        let plan = makePlan(
            desired: Scenario.desired,
            hosts: [
                Scenario.host: .unreachable(
                    .error("host-unreachable", "host.local could not be observed", help: "run lodge doctor"))
            ])
        expectGolden(renderPlan(plan, style: .plain), "plan-unreachable.txt")
    }

    @Test func statusAndShow() {
        let hosts = Scenario.observe(Scenario.driftedHost)
        let plan = makePlan(desired: Scenario.changed, hosts: hosts)
        expectGolden(renderStatus(fleet: Scenario.desired.name, hosts: hosts, style: .plain), "status.txt")
        expectGolden(
            renderStatus(fleet: Scenario.desired.name, hosts: hosts, plan: plan, style: .plain), "status-plan.txt")
        expectGolden(renderShow(fleet: Scenario.desired.name, hosts: hosts, style: .plain), "show.txt")
    }

    @Test func diagnostics() {
        var unknown = Diagnostic.error(
            "unknown-key", "unknown key “memroy” in spec of guest.web-1", help: "did you mean memory?",
            range: SourceRange(file: "fleet.yaml", line: 12, column: 3))
        unknown.sourceLine = "  memroy: 512MiB"
        var tabbed = Diagnostic.warning(
            "label-unused", "label “zone” selects no host", range: SourceRange(file: "-", line: 7, column: 9))
        tabbed.sourceLine = "\t\tname: zone"
        let plain = Diagnostic.error(
            "capacity-disk", "host.local: 3GiB of images are to be copied, and 1GiB are free",
            detail: "first line\n\nthird line", help: "free disk space on the host")
        expectGolden(renderDiagnostics([unknown, tabbed, plain], style: .plain), "diagnostics.txt")
    }
}
