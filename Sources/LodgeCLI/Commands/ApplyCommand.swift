import ArgumentParser
import FleetModel
import Planner

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Plans, asks, applies, and proves that nothing is left to do.",
        discussion: """
            With FILE, a plan that `lodge plan --out FILE` saved, it needs no manifests and does not ask: it does just \
            what the plan says, or refuses before anything is touched where that is not possible any more.
            """)

    @Argument(help: "A saved plan, in place of manifests.")
    var file: String?

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: DocumentOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var replacement: ReplaceOptions
    @OptionGroup var impact: ImpactOptions

    func validate() throws {
        guard file != nil else {
            guard !manifests.files.isEmpty else {
                throw ValidationError("Name the manifests with -f PATH, or a plan that was saved with --out.")
            }
            guard manifests.files.count(where: { $0 == "-" }) <= 1 else {
                throw ValidationError("Standard input (-f -) can be read once.")
            }
            return
        }
        guard manifests.files.isEmpty else {
            throw ValidationError("A saved plan is applied as it is: -f does not go with it.")
        }
        guard selection.isEmpty, replacement.guests.isEmpty else {
            throw ValidationError(
                "A saved plan is applied as it is: --target, --exclude and --replace go with lodge plan.")
        }
    }

    func run() async throws {
        let code =
            if let file { await applyPlan(SavedPlanFile(path: file)) } else { try await applyManifests() }
        if code != .success { throw code }
    }

    private func applyPlan(_ file: SavedPlanFile) async -> ExitCode {
        do throws(SavedPlanFile.Failure) {
            return await SavedPlanRun(saved: try file.read(), impact: impact).run(host, change, output)
        } catch {
            return Terminal.fail(error.text)
        }
    }

    private func applyManifests() async throws -> ExitCode {
        guard let desired = try manifests.read() else { return .failed }
        let options = PlanOptions(selection, replacement, impact)
        let run = ChangeRun(
            plan: { makePlan(desired: desired, hosts: $0, options: options) },
            proof: { .plan(makePlan(desired: desired, hosts: $0, options: options.afterApply)) },
            hosts: desired.hosts, layout: host.layout, change: change, output: output, log: host.log,
            question: "Do you want Lodge to make these changes?", completion: applyCompletion)
        return await run.run()
    }
}
