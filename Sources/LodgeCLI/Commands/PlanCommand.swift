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
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var replacement: ReplaceOptions
    @OptionGroup var impact: ImpactOptions

    @Flag(name: .customLong("detailed-exitcode"), help: "Exit with 2 where there are changes, 0 where there are none.")
    var detailedExitCode = false

    @Flag(name: .customLong("destroy"), help: "Plan to remove everything of the fleet.")
    var destroys = false

    @Flag(
        name: .customLong("refresh-only"),
        help: "Show only what is not any more as it was last applied, and plan nothing.")
    var showsDrift = false

    @Option(
        name: .customLong("out"), help: ArgumentHelp("Save the plan for lodge apply FILE.", valueName: "file"))
    var file: String?

    func validate() throws {
        if destroys, !replacement.guests.isEmpty {
            throw ValidationError("--destroy removes all guests: --replace does not go with it.")
        }
        guard showsDrift else { return }
        guard output.format != .markdown else {
            throw ValidationError("--refresh-only is written as text or json.")
        }
        guard !destroys, file == nil, selection.isEmpty, replacement.guests.isEmpty, impact.limit == nil else {
            throw ValidationError(
                "--refresh-only plans nothing: --destroy, --out, --target, --exclude, --replace and --max-impact do "
                    + "not go with it.")
        }
    }

    func run() async throws {
        let log = host.log
        let desired = try manifests.read()
        log("read the manifests: \(desired.guests.count) guests")
        let hosts = await withConnections(to: desired.hosts, layout: host.layout) { await observe($0) }
        log("observed \(hosts.count) hosts")
        if let code = showsDrift ? reportDrift(of: desired, hosts) : try report(on: desired, hosts, log) { throw code }
    }

    private func report(on desired: DesiredFleet, _ hosts: [Name: HostObservation], _ log: Log) throws -> ExitCode? {
        let options = PlanOptions(selection, replacement, impact)
        let plan =
            destroys
            ? makeDestroyPlan(fleet: desired.name, hosts: hosts, declared: desired.hosts, options: options)
            : makePlan(desired: desired, hosts: hosts, options: options)
        log("planned \(plan.steps.count) steps")
        output.write(plan, created: Date.now.formatted(.iso8601))
        log("rendered the plan")
        let code = exitCode(for: plan, hosts: desired.hosts.count)
        if let file {
            guard code == nil || code == .partial || code == .changes else {
                Terminal.errors.write("The plan was not saved, since it cannot be applied.\n")
                return code
            }
            if let failure = save(plan, desired.hosts, to: SavedPlanFile(path: file)) { return failure }
        }
        return code
    }

    private func save(_ plan: Plan, _ hosts: [DesiredHost], to file: SavedPlanFile) -> ExitCode? {
        let origin = SavedPlan.Origin(
            purpose: destroys ? .destroy : .apply, manifests: manifests.files,
            options: selection.arguments + replacement.arguments + impact.arguments)
        do throws(UnknownSensitiveField) {
            let saved = try SavedPlan(plan, of: origin, hosts: hosts)
            // What cannot be read again now would never be applied.
            let unreadable = PlanInputs(secretsOf: saved).refusals
            guard unreadable.isEmpty else {
                Terminal.errors.write(renderDiagnostics(unreadable, style: Terminal.errors.style))
                return Terminal.fail("the plan was not saved: an apply could not read its secrets again")
            }
            do throws(SavedPlanFile.Failure) {
                try file.write(saved)
            } catch {
                return Terminal.fail(error.text)
            }
        } catch {
            return Terminal.fail("the plan was not saved: \(error)")
        }
        output.remarks.write(
            "\nSaved the plan to: \(file.path)\n\nTo perform exactly the following actions, run the following command "
                + "to apply:\n    lodge apply \"\(file.path)\"\n")
        return nil
    }

    private func exitCode(for plan: Plan, hosts: Int) -> ExitCode? {
        if !plan.refusals.isEmpty { return .refused }
        if plan.unreachable.count == hosts { return .failed }
        if !plan.unreachable.isEmpty { return .partial }
        return detailedExitCode && !plan.isEmpty ? .changes : nil
    }

    private func reportDrift(of desired: DesiredFleet, _ hosts: [Name: HostObservation]) -> ExitCode? {
        let drift = findDrift(of: desired.name, hosts: hosts)
        let unreachable = inOrder(hosts.unreachable)
        switch output.format {
        case .text, .markdown: Terminal.output.write(renderDrift(drift, style: output.style))
        case .json:
            Terminal.output.write(
                renderDriftJSON(drift, of: desired.name, timestamp: Date.now.formatted(.iso8601)))
        }
        Terminal.errors.write(renderDiagnostics(unreachable, style: Terminal.errors.style))
        if unreachable.count == desired.hosts.count { return .failed }
        if !unreachable.isEmpty { return .partial }
        return detailedExitCode && !drift.isEmpty ? .changes : nil
    }
}

extension PlanOptions {
    init(_ selection: SelectionOptions, _ replacement: ReplaceOptions? = nil, _ impact: ImpactOptions) {
        self.init(
            maxImpact: impact.limit, targets: Set(selection.targets), excludes: Set(selection.excludes),
            replacements: Set(replacement?.guests ?? []))
    }
}
