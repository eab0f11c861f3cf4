import ArgumentParser
import FleetModel
import Planner

struct DestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Removes everything of the fleet from its hosts, and nothing else.")

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: DocumentOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var impact: ImpactOptions

    @Flag(help: "Also delete the disks that are kept of destroyed guests, and those of this fleet that were to be.")
    var kept = false

    func run() async throws {
        let desired = try manifests.read()
        var options = PlanOptions(selection, nil, impact)
        options.deletesKept = kept
        let run = ChangeRun(
            plan: { [options] in
                makeDestroyPlan(fleet: desired.name, hosts: $0, declared: desired.hosts, options: options)
            },
            proof: { [options] in
                .plan(
                    makeDestroyPlan(
                        fleet: desired.name, hosts: $0, declared: desired.hosts, options: options.afterApply))
            },
            hosts: desired.hosts, layout: host.layout, change: change, output: output, log: host.log,
            question: selection.isEmpty
                ? "Do you want Lodge to destroy all of fleet \(desired.name)? There is no way back."
                : "Do you want Lodge to destroy this part of fleet \(desired.name)? There is no way back.",
            completion: { "Destroy complete! Resources: \($0.counts.destroyed) destroyed." })
        let code = await run.run()
        if code != .success { throw code }
    }
}
