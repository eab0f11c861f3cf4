import Glibc
import HostSystem
import Testing

/// What the documents for users say is what happens. Needs root, for network namespaces and guests.
@Suite(
    .enabled(if: geteuid() == 0, "needs root, to make a network namespace and guests"), .serialized,
    .timeLimit(.minutes(10)))
struct DocumentTests {
    static let documents =
        ["README.md", "docs/getting-started.md"] + Project.fleets(in: "examples").map { "\($0)/README.md" }
        + ["examples/web-tier/README.md"]

    @Test(arguments: documents)
    func everyBlockRuns(document: String) async throws {
        let text = try #require(Files.text("\(Project.root)/\(document)"))
        try await DocumentRun.run { try await $0.follow(text) }
    }

    /// The fleets that come with the project, by their folders.
    @Test(arguments: Project.fleets(in: "examples") + Project.fleets(in: "manifests"))
    func fleetIsValidAndPlanned(fleet: String) async throws {
        try await DocumentRun.run { reader in
            let validation = try await reader.shell("lodge validate -f \(fleet)")
            #expect(validation.output == "The manifests are valid.\n")
            let plan = try await reader.shell("lodge plan -f \(fleet) --detailed-exitcode")
            #expect(plan.exitCode == 2, "\(plan.output)")
        }
    }

    /// The environments of the example that has some: what they share, and what is their own.
    @Test(arguments: ["staging", "production"])
    func environmentIsValidAndPlanned(environment: String) async throws {
        let folder = "examples/web-tier"
        let manifests =
            "-f \(folder)/base -f \(folder)/\(environment) --var-file \(folder)/\(environment)/variables"
        try await DocumentRun.run { reader in
            let validation = try await reader.shell("lodge validate \(manifests)")
            #expect(validation.output == "The manifests are valid.\n")
            let plan = try await reader.shell("lodge plan \(manifests) --detailed-exitcode")
            #expect(plan.exitCode == 2, "\(plan.output)")
            #expect(!plan.output.contains("opens-nothing"), "a sensitive value is in the plan")
        }
    }
}
