import FleetModel
import FoundationEssentials
import HostSystem
import TestSupport
import Testing

/// The built `lodge` as pipelines use it: exit codes and streams, on simulated hosts.
@Suite struct CommandLineTests {
    private let folder = TemporaryFolder()

    private static let fleet = """
        apiVersion: lodge/v1
        kind: Fleet
        metadata: {name: demo}
        ---
        apiVersion: lodge/v1
        kind: Host
        metadata: {name: sim}
        spec: {connection: simulated, capacity: {memory: 8GiB, cpus: 8, disk: 1TiB}}
        ---
        apiVersion: lodge/v1
        kind: Network
        metadata: {name: lan}
        spec: {mode: nat, ipv4: {subnet: 10.77.0.0/24}}

        """

    private static func guest(_ name: String, memory: String = "256MiB") -> String {
        """
        ---
        apiVersion: lodge/v1
        kind: Guest
        metadata: {name: \(name)}
        spec:
          memory: \(memory)
          boot: {kernel: ./vmlinuz}
          nics: [{name: eth0, network: lan}]

        """
    }

    private func manifest(_ text: String? = nil) throws -> String {
        try folder.write("kernel", to: "vmlinuz")
        return try folder.write(text ?? Self.fleet + Self.guest("web-1") + Self.guest("web-2"), to: "fleet.yaml")
    }

    private func lodge(
        _ arguments: [String], input: String = "", environment: [String] = []
    ) async throws -> Command.Outcome {
        let folders = ["LODGE_STATE_DIR=\(folder.layout.stateFolder)", "LODGE_RUN_DIR=\(folder.layout.runFolder)"]
        return try await LodgeProgram.run(arguments, input: input, environment: folders + environment)
    }

    private func jsonLines(_ text: String) throws -> [[String: JSONValue]] {
        try text.split(separator: "\n").map {
            try JSONDecoder().decode([String: JSONValue].self, from: Data($0.utf8))
        }
    }

    @Test func validateTellsGoodFromBad() async throws {
        let good = try await lodge(["validate", "-f", try manifest()])
        #expect(good.exitCode == 0)
        #expect(good.output == "The manifests are valid.\n")
        let bad = try await lodge(["validate", "-f", try manifest(Self.fleet + Self.guest("web-1", memory: "lots"))])
        #expect(bad.exitCode == 1)
        #expect(bad.output.contains("fleet.yaml:19:11"), "\(bad.output)")
        #expect(bad.output.hasSuffix("1 error in the manifests.\n"))
        let missing = try await lodge(["validate", "-f", "\(folder.path)/none.yaml"])
        #expect(missing.exitCode == 1)
        #expect(try Files.list(folder.path) == ["fleet.yaml", "vmlinuz"])
    }

    @Test func theWholeLifeOfAFleet() async throws {
        let file = try manifest()
        let plan = try await lodge(["plan", "-f", file])
        #expect(plan.exitCode == 0)
        #expect(plan.output.contains("# guest.web-1 will be created"))
        #expect(try await lodge(["plan", "--detailed-exitcode", "-f", file]).exitCode == 2)
        #expect(!Files.exists(folder.layout.stateFolder), "a plan changes nothing")

        let apply = try await lodge(["apply", "--auto-approve", "-f", file])
        #expect(apply.exitCode == 0, "\(apply.errors)")
        #expect(apply.output.contains("Apply complete! Resources: "))
        #expect(try await lodge(["plan", "--detailed-exitcode", "-f", file]).exitCode == 0)
        let again = try await lodge(["apply", "-f", file])
        #expect(again.exitCode == 0, "nothing to do needs no approval")
        #expect(again.output.contains("No changes."))
        #expect(try await lodge(["status", "-f", file]).output.contains("web-2"))

        let destroy = try await lodge(["destroy", "--auto-approve", "-f", file])
        #expect(destroy.exitCode == 0, "\(destroy.errors)")
        #expect(destroy.output.contains("Destroy complete!"))
        #expect(try Files.list("\(folder.layout.stateFolder)/simulated").isEmpty)
    }

    /// Standard output is a comment: nothing but the plan and how it ended.
    @Test func anApplyAsMarkdown() async throws {
        let file = try manifest()
        let apply = try await lodge(["apply", "--auto-approve", "--output", "markdown", "-f", file])
        #expect(apply.exitCode == 0)
        #expect(apply.output.hasPrefix("### Fleet demo: 3 changes on 1 host; "), "\(apply.output)")
        #expect(apply.output.contains("**Plan: 3 to add, 0 to change, 0 to destroy.**"))
        #expect(apply.output.contains("| done | guest.web-1 | sim | "))
        #expect(apply.output.hasSuffix("\n\n**Apply complete! Resources: 3 added, 0 changed, 0 destroyed.**\n"))
        #expect(apply.errors.contains("guest.web-1: ") && !apply.output.contains("guest.web-1: "))
        let again = try await lodge(["apply", "--output", "markdown", "-f", file])
        #expect(again.output == "### No changes. Your infrastructure matches the configuration.\n")
        let refused = try await lodge([
            "apply", "--output", "markdown", "-f", try manifest(Self.fleet + Self.guest("huge", memory: "7GiB")),
        ])
        #expect(refused.exitCode == 3 && refused.output.hasSuffix("\n**Refused:** Nothing was changed.\n"))
        let unapproved = try await lodge(["destroy", "--output", "markdown", "-f", file])
        #expect(unapproved.exitCode == 1 && unapproved.output.contains("\n**Failed:** there is nobody to ask"))
        let destroy = try await lodge(["destroy", "--auto-approve", "--output", "markdown", "-f", file])
        #expect(destroy.exitCode == 0)
        #expect(destroy.output.contains("| done | network.lan | sim | remove |"), "\(destroy.output)")
        #expect(destroy.output.hasSuffix("\n**Destroy complete! Resources: 3 destroyed.**\n"))
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        let file = try manifest(Self.fleet + Self.guest("huge", memory: "7GiB"))
        for command in [["plan"], ["plan", "--detailed-exitcode"], ["apply", "--auto-approve"]] {
            let outcome = try await lodge(command + ["-f", file])
            #expect(outcome.exitCode == 3, "\(command)")
            #expect(outcome.output.contains("sim"))
        }
        #expect(!Files.exists("\(folder.layout.stateFolder)/simulated/sim.json"))
        #expect(!Files.exists("\(folder.layout.stateFolder)/simulated/sim.journal"))
    }

    @Test func nobodyToAskMeansNo() async throws {
        let file = try manifest()
        for command in ["apply", "destroy"] {
            if command == "destroy" { _ = try await lodge(["apply", "--auto-approve", "-f", file]) }
            let before = Files.text("\(folder.layout.stateFolder)/simulated/sim.json")
            let outcome = try await lodge([command, "-f", file], input: "yes\n")
            #expect(outcome.exitCode == 1, "\(command)")
            #expect(outcome.errors.contains("--auto-approve"))
            #expect(Files.text("\(folder.layout.stateFolder)/simulated/sim.json") == before)
        }
    }

    @Test(
        arguments: [
            ["plan"], ["plan", "-f", "x", "--target", "web-1"], ["apply", "-f", "x", "--parallelism", "0"],
            ["apply", "-f", "x", "--parallelism", "many"], ["plan", "-f", "-", "-f", "-"], ["fly"],
            ["apply", "-f", "x", "--lock-timeout", "5"], ["plan", "-f", "x", "--output", "xml"],
            ["plan", "-f", "x", "--target", "guestset.web"], ["plan", "-f", "x", "--replace", "network.lan"],
            ["plan", "-f", "x", "--max-impact", "total"], ["plan", "-f", "x", "--refresh-only", "--out", "y"],
            ["plan", "-f", "x", "--destroy", "--replace", "guest.a"], ["apply"], ["apply", "y.plan", "-f", "x"],
            ["apply", "y.plan", "--target", "guest.a"], ["apply", "-f", "x", "--refresh-only"],
            ["show", "y.plan", "-f", "x"], ["destroy", "-f", "x", "--replace", "guest.a"],
        ])
    func wrongUsageIsToldApart(arguments: [String]) async throws {
        let outcome = try await lodge(arguments)
        #expect(outcome.exitCode == 64, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("Usage:") || outcome.errors.contains("Error:"))
    }

    @Test func manifestsCanComeFromStandardInput() async throws {
        _ = try manifest()
        let text = (Self.fleet + Self.guest("web-1")).replacing("./vmlinuz", with: "\(folder.path)/vmlinuz")
        let outcome = try await lodge(["plan", "--detailed-exitcode", "-f", "-"], input: text)
        #expect(outcome.exitCode == 2, "\(outcome.errors)")
        #expect(outcome.output.contains("# guest.web-1 will be created"))
    }

    @Test func aPlanAsJSONIsTheSameEachTime() async throws {
        let file = try manifest()
        var documents: [[String: JSONValue]] = []
        for _ in 0..<2 {
            let outcome = try await lodge(["plan", "--output", "json", "-f", file])
            #expect(outcome.exitCode == 0)
            #expect(outcome.errors.isEmpty)
            var document = try JSONDecoder().decode([String: JSONValue].self, from: Data(outcome.output.utf8))
            #expect(document.removeValue(forKey: "timestamp") != nil)
            documents.append(document)
        }
        #expect(documents[0] == documents[1])
        #expect(documents[0]["fleet"] == .string("demo"))
        #expect(documents[0]["applyable"] == .bool(true))
    }

    @Test func anApplyAsJSONIsAnEventALineInOrder() async throws {
        let outcome = try await lodge(
            ["apply", "--auto-approve", "--output", "json", "--parallelism", "3", "-f", try manifest()])
        #expect(outcome.exitCode == 0)
        let events = try jsonLines(outcome.output)
        #expect(events.first?["type"] == .string("planned"))
        #expect(events.last?["type"] == .string("summary"))
        #expect(events.last?["outcome"] == .string("complete"))
        var open: Set<JSONValue> = []
        var closed = 0
        for event in events.dropFirst().dropLast() {
            let step = try #require(event["step"])
            switch event["type"] {
            case .string("step_began"): #expect(open.insert(step).inserted)
            case .string("step_ended"):
                #expect(open.remove(step) != nil)
                closed += 1
            case .string("step_progress"): #expect(open.contains(step))
            default: Issue.record("\(event)")
            }
            #expect(open.count <= 3)
        }
        #expect(open.isEmpty)
        #expect(closed >= 6)
    }

    /// On a terminal, that is: script(1) gives it one.
    @Test func coloursAreForTerminalsThatWantThem() async throws {
        let file = try manifest()
        func plan(_ options: String, _ environment: String) async throws -> String {
            let line =
                "env -i PATH=/usr/bin:/bin \(environment) \(LodgeProgram.path) plan --state-dir \(folder.layout.stateFolder) "
                + "--run-dir \(folder.layout.runFolder) -f \(file) \(options)"
            return try await Command.run("script", ["-qefc", line, "/dev/null"], package: "bsdutils")
        }
        #expect(try await plan("", "TERM=xterm").contains("\u{1B}["))
        #expect(try await !plan("--no-color", "TERM=xterm").contains("\u{1B}["))
        #expect(try await !plan("", "TERM=xterm NO_COLOR=1").contains("\u{1B}["))
        #expect(try await !plan("", "TERM=dumb").contains("\u{1B}["))
        #expect(try await !lodge(["plan", "-f", file]).output.contains("\u{1B}["))
    }

    @Test func aHeldLockIsRefusedAndSaysByWhom() async throws {
        let file = try manifest()
        let lock = try folder.write(#"{"holder":"ada","pid":7,"since":0}"#, to: "state/simulated/sim.lock")
        let command = [
            LodgeProgram.path, "apply", "--auto-approve", "--state-dir", folder.layout.stateFolder, "-f", file,
        ]
        let outcome = try await Command.outcome(of: "flock", [lock] + command, package: "util-linux")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("host sim: the host is locked by ada"), "\(outcome.errors)")
        #expect(outcome.errors.contains("--lock-timeout"))
        let comment = try await Command.outcome(
            of: "flock", [lock] + command + ["--output", "markdown"], package: "util-linux")
        #expect(comment.output.hasPrefix("### Failed: host sim: the host is locked by ada"), "\(comment.output)")
        #expect(!comment.output.contains("u{a}"), "\(comment.output)")
    }

    @Test func helpAndVersionAreNoErrors() async throws {
        #expect(try await lodge(["--version"]).output == "0.1.0\n")
        let help = try await lodge(["--help"])
        #expect(help.exitCode == 0)
        for hidden in ["launch", "log-console"] { #expect(!help.output.contains("  \(hidden) ")) }
    }
}
