import ArgumentParser
import FleetModel
import Planner

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Plans, asks, applies, and proves that nothing is left to do.")

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var change: ChangeOptions

    func run() async throws {
        let desired = try manifests.read()
        let run = ChangeRun(
            plan: { makePlan(desired: desired, hosts: $0) }, hosts: desired.hosts, layout: host.layout,
            change: change, output: output, log: host.log, question: "Do you want Lodge to make these changes?",
            completion: { plan in
                let counts = plan.counts
                return "Apply complete! Resources: \(counts.added) added, \(counts.changed) changed, "
                    + "\(counts.destroyed) destroyed."
            })
        let code = await run.run()
        if code != .success { throw code }
    }
}
