import ArgumentParser
import FleetModel
import FoundationEssentials
import HostSystem
import TestSupport
import Testing

@testable import LodgeCLI

/// The pipelines in examples/ci: they are YAML, every `lodge` line in them is one that lodge accepts, and the flow that
/// they have in common works, played on simulated hosts.
@Suite struct PipelineTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/examples/ci"

    static let pipelines = ["github/lodge.yml", "gitlab/gitlab-ci.yml"]
    private static let savedPlans = (try? Lodge.parseAsRoot(["plan", "-f", "x", "--out", "y"])) != nil

    /// All strings of a pipeline that a shell runs.
    private func scripts(of pipeline: String) async throws -> [String] {
        let read = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout, default=str)"
        let text = try #require(Files.text("\(Self.folder)/\(pipeline)"))
        let json = try await Command.run(
            "env", ["/usr/bin/python3", "-c", read], package: "python3-yaml", input: Array(text.utf8))
        return scripts(in: try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)))
    }

    private func scripts(in value: JSONValue, isScript: Bool = false) -> [String] {
        switch value {
        case .string(let text): isScript ? [text] : []
        case .array(let elements): elements.flatMap { scripts(in: $0, isScript: isScript) }
        case .object(let fields):
            fields.sorted { $0.key < $1.key }.flatMap {
                scripts(in: $0.value, isScript: ["run", "script", "before_script", "after_script"].contains($0.key))
            }
        default: []
        }
    }

    /// The arguments of each `lodge` in a shell script.
    static func lodgeCommands(in script: String) -> [[String]] {
        let script = script.replacing("\\\n", with: " ")
        return script.split(whereSeparator: { "\n;|&".contains($0) }).compactMap { command in
            var words = command.split(separator: " ").map(String.init)
            guard let start = words.firstIndex(of: "lodge"), start == 0 || words[start - 1] == "then" else {
                return nil
            }
            words = Array(words[(start + 1)...])
            return Array(words.prefix { !$0.contains(">") && !$0.contains("<") })
        }
    }

    @Test func commandsAreFoundInScripts() {
        let script = "a=1; lodge plan -f x || true\nif x; then lodge show \\\n  y >z; fi\necho lodge\n"
        #expect(Self.lodgeCommands(in: script) == [["plan", "-f", "x"], ["show", "y"]])
    }

    @Test(arguments: pipelines) func everyShellScriptIsOne(pipeline: String) async throws {
        let scripts = try await scripts(of: pipeline)
        #expect(scripts.count > 3)
        for script in scripts {
            // What the pipelines fill in themselves is no shell.
            let shell = script.replacing(/\$\{\{[^}]*\}\}/, with: "x")
            let outcome = try await Command.outcome(of: "bash", ["-n"], package: "bash", input: Array(shell.utf8))
            #expect(outcome.exitCode == 0, "\(script): \(outcome.errors)")
        }
    }

    @Test(.enabled(if: savedPlans, "needs plan --out"), arguments: pipelines)
    func everyLodgeCommandIsAccepted(pipeline: String) async throws {
        let commands = try await scripts(of: pipeline).flatMap(Self.lodgeCommands)
        #expect(commands.count >= 4)
        for command in commands {
            #expect(throws: Never.self, "lodge \(command.joined(separator: " "))") { try Lodge.parseAsRoot(command) }
        }
        #expect(throws: (any Error).self) { try Lodge.parseAsRoot(commands[0] + ["--no-such-flag"]) }
    }

    @Test(.enabled(if: savedPlans, "needs plan --out"), .timeLimit(.minutes(5)))
    func theFlowWorks() async throws {
        let folder = TemporaryFolder()
        let outcome = try await Command.outcome(
            of: "env",
            ["PATH=\(Files.folder(of: LodgeProgram.path)):/usr/bin:/bin", "\(Self.folder)/flow", folder.path],
            package: "bash")
        #expect(outcome.exitCode == 0, "\(outcome.output)\n\(outcome.errors)")
        #expect(outcome.output.contains("a second time it is refused: exit code 3"))
        #expect(outcome.output.hasSuffix("nothing is left to do: exit code 0, as it should be\n"))
        #expect(Files.text("\(folder.path)/bigger.md")?.hasPrefix("### Fleet shop: 1 change on 1 host;") == true)
    }
}
