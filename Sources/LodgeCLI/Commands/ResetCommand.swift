import ArgumentParser
import FleetModel
import Planner

struct ResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Gives guests a fresh root disk, and leaves the rest of the fleet alone.",
        discussion: """
            What the guest's system wrote to its first disk is lost; other disks, MAC and IP addresses stay. The guest \
            comes back as the manifests have it.
            """)

    @Argument(
        help: ArgumentHelp("The guests, such as guest.web-1 or web-1.", valueName: "guest"),
        transform: { text throws(ValidationError) in
            let address = ResourceAddress(parsing: text) ?? Name(parsing: text).map { ResourceAddress(.guest, $0) }
            guard let address, address.kind == .guest else {
                throw ValidationError("A guest is named as guest.NAME or NAME, such as guest.web-1.")
            }
            return address
        })
    var guests: [ResourceAddress]

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: DocumentOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var impact: ImpactOptions

    func run() async throws {
        let desired = try manifests.read()
        let options = PlanOptions(maxImpact: impact.limit, targets: Set(guests), replacements: Set(guests))
        let run = ChangeRun(
            plan: { makePlan(desired: desired, hosts: $0, options: options) },
            proof: { .plan(makePlan(desired: desired, hosts: $0, options: options.afterApply)) },
            hosts: desired.hosts, layout: host.layout, change: change, output: output, log: host.log,
            question: guests.count == 1
                ? "Do you want Lodge to give \(guests[0]) a new root disk? What is on the old one is lost."
                : "Do you want Lodge to give these \(guests.count) guests new root disks? What is on the old ones is lost.",
            completion: { "Reset complete! Guests: \($0.counts.destroyed) reset." })
        let code = await run.run()
        if code != .success { throw code }
    }
}
