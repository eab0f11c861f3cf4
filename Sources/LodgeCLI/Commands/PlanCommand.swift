import ArgumentParser
import FleetModel
import FoundationEssentials
import Planner
import Reconciler

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Observes the hosts and says what would change, and why; changes nothing.")

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: DocumentOptions

    @Flag(name: .customLong("detailed-exitcode"), help: "Exit with 2 where there are changes, 0 where there are none.")
    var detailedExitCode = false

    func run() async throws {
        let log = host.log
        let desired = try manifests.read()
        log("read the manifests: \(desired.guests.count) guests")
        let hosts = await withConnections(to: desired.hosts, layout: host.layout) { await observe($0) }
        log("observed \(hosts.count) hosts")
        let plan = makePlan(desired: desired, hosts: hosts)
        log("planned \(plan.steps.count) steps")
        output.write(plan, created: Date.now.formatted(.iso8601))
        log("rendered the plan")
        if let code = exitCode(for: plan, hosts: desired.hosts.count) { throw code }
    }

    private func exitCode(for plan: Plan, hosts: Int) -> ExitCode? {
        if !plan.refusals.isEmpty { return .refused }
        if plan.unreachable.count == hosts { return .failed }
        if !plan.unreachable.isEmpty { return .partial }
        return detailedExitCode && !plan.isEmpty ? .changes : nil
    }
}
