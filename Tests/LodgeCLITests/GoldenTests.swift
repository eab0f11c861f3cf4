import FleetModel
import Planner
import Reconciler
import Testing

@testable import LodgeCLI

@Suite struct GoldenTests {
    /// Broken into lines, so that a difference can be read.
    private func json(_ plan: Plan) -> String {
        let text = renderPlanJSON(
            plan, lodgeVersion: "0.1.0", timestamp: "2026-01-02T03:04:05Z", digest: Digest(of: "\(plan.fleet)"))
        return text.split(separator: ",").joined(separator: ",\n")
    }

    @Test(arguments: Samples.all.map(\.0)) func asText(name: String) throws {
        let plan = try #require(Samples.all.first { $0.0 == name }).1()
        expectGolden(renderPlan(plan, style: .plain), "plan-\(name).txt")
    }

    @Test func inColour() {
        expectGolden(renderPlan(Samples.changes, style: TextStyle(isColoured: true)), "plan-changes.ansi")
        expectGolden(renderPlan(Samples.details, style: TextStyle(isColoured: true)), "plan-details.ansi")
    }

    @Test func asJSON() {
        expectGolden(json(Samples.new), "plan-new.json")
        expectGolden(json(Samples.changes), "plan-changes.json")
        expectGolden(json(Samples.details), "plan-details.json")
        expectGolden(json(Samples.losses), "plan-losses.json")
    }

    /// A guest that did not let something change is named, and nobody else is blamed.
    @Test func whatDidNotTakeIsTheReason() {
        let plan = Samples.losses
        guard let step = plan.steps.first(where: { if case .changeGuest = $0.operation { true } else { false } }) else {
            Issue.record("the sample changes no guest while it runs")
            return
        }
        var outcome = ApplyOutcome()
        let other = "something else changes these hosts, or a guest does not stay up"
        #expect(reason(for: [step.address], outcome) == other)
        outcome.remarks = [.init(step: step, text: "its memory is 96MiB and not 64MiB")]
        #expect(
            reason(for: [step.address], outcome)
                == "\(step.address): its memory is 96MiB and not 64MiB; plan again to see what brings it")
        #expect(reason(for: [], outcome) == other)
    }

    @Test func everyReplacementSaysWhatForcesIt() throws {
        let plan = PlanDocument(
            Samples.causes, lodgeVersion: "", timestamp: "", digest: Digest(of: "")
        ).resourceChanges
        func check(_ guest: String, _ reason: String, _ paths: [[String]], _ causes: [String]) throws {
            let change = try #require(plan.first { $0.address.description == "guest.\(guest)" })
            #expect(change.change.actions == ["delete", "create"])
            #expect(
                change.actionReason.value == reason && change.change.replacePaths == paths && change.causes == causes)
        }
        let image = ["disks", "root", "image"]
        try check("db", "replace_because_cannot_update", [["cloudInit", "userData"], image], [])
        try check(
            "web-0", "replace_because_cannot_update", [image], ["only because image.debian-12 changes its content"])
        try check(
            "web-1", "replace_by_request", [image], ["requested by --replace", "image.debian-12 changes its content"])
        try check("old", "replace_because_tainted", [], ["the file of root disk root is gone"])
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

    @Test func theReportOnAnApply() {
        expectGolden(renderReport(Samples.outcome, style: .plain), "report-failed.txt")
        var interrupted = Samples.outcome
        interrupted.failed = []
        interrupted.wasStopped = true
        expectGolden(renderReport(interrupted, style: .plain), "report-interrupted.txt")
        expectGolden(
            ApplyEventLine.summary(.failed, "text", Samples.details, Samples.outcome).replacing(",", with: ",\n"),
            "report-failed.json")
        expectGolden(
            renderResultMarkdown(.failed, "\(counts(Samples.outcome)).", Samples.outcome), "report-failed.md")
        expectGolden(
            renderResultMarkdown(.interrupted, "\(counts(interrupted)).", interrupted), "report-interrupted.md")
        var done = ApplyOutcome()
        done.done = Samples.details.steps
        expectGolden(renderResultMarkdown(.complete, applyCompletion(Samples.details), done), "report-complete.md")
        expectGolden(renderResultMarkdown(.refused, "Nothing was changed.", ApplyOutcome()), "report-refused.md")
    }

    @Test func statusTellsHowARunningGuestWasChanged() {
        var host = Scenario.appliedHost
        host.live.guests[0].defects = [.nicMissing(Scenario.name("eth0")), .memory(.mib(256))]
        host.live.guests[0].process?.spec.cpus = 2
        let hosts = Scenario.observe(host)
        expectGolden(
            renderStatus(fleet: Scenario.desired.name, hosts: hosts, style: .plain)
                + renderShow(fleet: Scenario.desired.name, hosts: hosts, style: .plain), "status-defects.txt")
    }

    @Test func statusAndShow() {
        let hosts = Scenario.observe(Scenario.driftedHost)
        let plan = makePlan(desired: Scenario.changed, hosts: hosts)
        expectGolden(renderStatus(fleet: Scenario.desired.name, hosts: hosts, style: .plain), "status.txt")
        expectGolden(
            renderStatus(fleet: Scenario.desired.name, hosts: hosts, plan: plan, style: .plain), "status-plan.txt")
        expectGolden(renderShow(fleet: Scenario.desired.name, hosts: hosts, style: .plain), "show.txt")
    }

    /// Another machine's words, cut and without what a terminal would obey.
    @Test func statusTellsWhatCloudInitSays() throws {
        let hosts = Scenario.observe(Scenario.driftedHost)
        let plan = makePlan(desired: Scenario.changed, hosts: hosts)
        let (host, guest) = try #require(fleetGuests(Scenario.desired.name, hosts).first)
        let words = "('users-groups', \u{1B}[31mProcessExecutionError(" + String(repeating: "x", count: 100) + "))"
        for (report, golden) in [
            (CloudInitReport(.error, error: words), "status-cloud-init.txt"), (CloudInitReport(.done), nil),
        ] {
            let text = renderStatus(
                fleet: Scenario.desired.name, hosts: hosts, plan: plan,
                cloudInit: [host: [guest.definition.id: report]], style: .plain)
            if let golden { expectGolden(text, golden) } else { #expect(text.contains(" done ")) }
        }
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
