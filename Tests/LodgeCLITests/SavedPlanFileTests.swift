import FleetModel
import HostSystem
import Planner
import TestSupport
import Testing

/// `plan --out`, `apply FILE` and `show FILE` as pipelines use them, on a simulated host.
@Suite struct SavedPlanFileTests {
    private let folder = TemporaryFolder()

    private func manifest(memory: ByteCount = .mib(256), guests: [String] = ["web-1", "web-2"]) throws -> String {
        try folder.write("kernel", to: "vmlinuz")
        var text = """
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
        for guest in guests {
            text += """
                ---
                apiVersion: lodge/v1
                kind: Guest
                metadata: {name: \(guest)}
                spec: {memory: \(memory), boot: {kernel: ./vmlinuz}, nics: [{name: eth0, network: lan}]}

                """
        }
        return try folder.write(text, to: "fleet.yaml")
    }

    private var plan: String { "\(folder.path)/fleet.plan" }
    private var state: String? { Files.text("\(folder.layout.stateFolder)/simulated/sim.json") }

    private func lodge(_ arguments: String..., environment: [String] = []) async throws -> Command.Outcome {
        let folders = ["LODGE_STATE_DIR=\(folder.layout.stateFolder)", "LODGE_RUN_DIR=\(folder.layout.runFolder)"]
        return try await LodgeProgram.run(arguments, environment: folders + environment)
    }

    private func save(_ options: String...) async throws {
        let outcome = try await LodgeProgram.run(
            ["plan", "--out", plan, "-f", try manifest()] + options,
            environment: ["LODGE_STATE_DIR=\(folder.layout.stateFolder)", "LODGE_RUN_DIR=\(folder.layout.runFolder)"])
        #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test func aSavedPlanIsAppliedOnceAndWithoutManifests() async throws {
        let file = try manifest()
        let made = try await lodge("plan", "--detailed-exitcode", "--out", plan, "-f", file)
        #expect(made.exitCode == 2)
        #expect(made.output.contains("Saved the plan to: \(plan)"))
        #expect(made.output.contains("    lodge apply \"\(plan)\""))
        #expect(try await Command.run("stat", ["-c", "%a", plan], package: "coreutils") == "600\n")
        let shown = try await lodge("show", plan)
        #expect(shown.exitCode == 0)
        #expect(made.output.hasPrefix(shown.output), "the plan as it was shown when it was made")
        let json = try await lodge("show", "--output", "json", plan)
        #expect(json.exitCode == 0 && json.output.hasPrefix("{\"applyable\":true"))

        try Files.remove(file)
        let first = try await lodge("apply", plan)
        #expect(first.exitCode == 0, "\(first.errors)")
        #expect(first.output.contains("Apply complete! Resources: 3 added, 0 changed, 0 destroyed."))
        let before = state
        let second = try await lodge("apply", plan)
        #expect(second.exitCode == 3)
        #expect(second.output.contains("this plan seems to have been applied already"), "\(second.output)")
        #expect(state == before)
        #expect(try await lodge("plan", "--detailed-exitcode", "-f", try manifest()).exitCode == 0)
    }

    @Test func aPlanOfDestructionIsSavedToo() async throws {
        #expect(try await lodge("apply", "--auto-approve", "-f", try manifest()).exitCode == 0)
        try await save("--destroy", "--target", "guest.web-2")
        let part = try await lodge("apply", plan)
        #expect(part.exitCode == 0 && part.output.contains("Destroy complete! Resources: 1 destroyed."))
        try await save("--destroy")
        let whole = try await lodge("apply", plan)
        #expect(whole.exitCode == 0 && whole.output.contains("Destroy complete! Resources: 2 destroyed."))
        #expect(state == nil)
    }

    @Test func whatThePlanReadsHasToBeAsItWas() async throws {
        try await save()
        try folder.write("another kernel", to: "vmlinuz")
        let changed = try await lodge("apply", plan)
        #expect(changed.exitCode == 3)
        #expect(changed.errors.contains("vmlinuz is another file than when the plan was made"), "\(changed.errors)")
        try Files.remove("\(folder.path)/vmlinuz")
        let missing = try await lodge("apply", plan)
        #expect(missing.exitCode == 3 && missing.errors.contains("No such file"), "\(missing.errors)")
        #expect(!Files.exists("\(folder.layout.stateFolder)/simulated/sim.journal") && state == nil)
        try folder.write("kernel", to: "vmlinuz")
        #expect(try await lodge("apply", plan).exitCode == 0)
    }

    @Test func secretsAreReadAgainAndNotKept() async throws {
        let host = DesiredHost(
            name: name("sim"), connection: .simulated,
            policy: HostPolicy(memory: .gib(8), cpus: 8, disk: .gib(1024)))
        let secretFile = try folder.write("marker-of-a-file\n", to: "secret")
        func guest(_ text: String, _ secret: String, _ source: SecretSource) -> DesiredGuest {
            DesiredGuest(
                name: name(text), memory: .mib(256), disks: [DesiredDisk(name: name("root"), size: .gib(1))],
                cloudInit: CloudInit(userData: secret), secrets: ["cloudInit.userData": source])
        }
        let desired = DesiredFleet(
            name: name("demo"), hosts: [host], networks: [], images: [],
            guests: [
                guest("a", "marker-of-a-variable", .environment("SECRET")),
                guest("b", "marker-of-a-file", .file(secretFile)),
            ])
        let instance = InstanceID(parsing: String(Digest(of: "simulated/sim").text.prefix(8)))!
        let live = LiveHost(
            facts: HostFacts(
                instance: instance, memory: .gib(8), cpus: 8, disk: .gib(1024), diskAvailable: .gib(1024), kvm: .works,
                qemuVersion: "7.2.0", bootID: "simulated"))
        let saved = try SavedPlan(
            sealing: makePlan(desired: desired, hosts: [host.name: .observed(live)]),
            of: .init(purpose: .apply, manifests: []), hosts: [host], lodgeVersion: "0.1.0",
            created: "2026-01-01T00:00:00Z", seal: PlanSeal(salt: "salt"))
        let text = PlanFile.text(of: saved)
        #expect(!String(decoding: text, as: UTF8.self).contains("marker"))
        try DurableFile.write(text, to: plan)

        let unset = try await lodge("apply", plan)
        #expect(unset.exitCode == 3 && unset.errors.contains("the environment variable SECRET, which is not set"))
        let wrong = try await lodge("apply", plan, environment: ["SECRET=marker-of-another"])
        #expect(wrong.exitCode == 3 && wrong.errors.contains("SECRET is another one than when the plan was made"))
        let right = try await lodge("apply", plan, environment: ["SECRET=marker-of-a-variable"])
        #expect(right.exitCode == 0, "\(right.output)\(right.errors)")
        let shown = try await lodge("show", plan)
        for outcome in [unset, wrong, right, shown] {
            #expect(!(outcome.output + outcome.errors).contains("marker"))
        }
        #expect(state?.contains("marker-of-a-variable") == true && state?.contains("marker-of-a-file") == true)
    }

    @Test func keysOfUsersComeFromSeveralPlaces() async throws {
        func key(_ text: String) -> String { "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOk \(text)" }
        try folder.write("\(key("marker-3"))\n", to: "b.pub")
        let text = try #require(Files.text(try manifest(guests: [])))
        let file = try folder.write(
            text + """
                ---
                apiVersion: lodge/v1
                kind: Guest
                metadata: {name: web-1}
                spec:
                  memory: 256MiB
                  boot: {kernel: ./vmlinuz}
                  nics: [{name: eth0, network: lan}]
                  cloudInit:
                    users:
                    - {name: ada, sshKeys: [{valueFrom: {env: KEY_1}}, "\(key("in-the-open"))"]}
                    - {name: bob, sshKeys: [{valueFrom: {env: KEY_2}}, {valueFrom: {file: b.pub}}]}

                """, to: "keys.yaml")
        let keys = ["KEY_1=\(key("marker-1"))", "KEY_2=\(key("marker-2"))"]
        let made = try await lodge("plan", "--out", plan, "-f", file, environment: keys)
        #expect(made.exitCode == 0, "\(made.errors)")
        let saved = try #require(Files.text(plan))
        #expect(!saved.contains("marker") && saved.contains("in-the-open"))

        let swapped = try await lodge(
            "apply", plan, environment: ["KEY_1=\(key("marker-2"))", "KEY_2=\(key("marker-1"))"])
        #expect(swapped.exitCode == 3 && swapped.errors.contains("KEY_1 is another one than when the plan was made"))
        let missing = try await lodge("apply", "--output", "markdown", plan, environment: [keys[0]])
        #expect(missing.exitCode == 3 && missing.output.contains("the environment variable KEY_2, which is not set"))
        #expect(
            missing.output.hasPrefix("### Refused: ") && missing.output.hasSuffix("**Refused:** Nothing was changed.\n")
        )
        let applied = try await lodge("apply", "--output", "markdown", plan, environment: keys)
        #expect(applied.exitCode == 0, "\(applied.errors)")
        for outcome in [made, swapped, missing, applied] {
            #expect(!(outcome.output + outcome.errors).contains("marker"))
        }
        let host = try JSONFile.read(HostSnapshot.self, from: "\(folder.layout.stateFolder)/simulated/sim.json").host
        let users = host.guests.first?.definition.spec.cloudInit?.users.map(\.sshKeys)
        #expect(users == [[key("marker-1"), key("in-the-open")], [key("marker-2"), key("marker-3")]])
        #expect(try await lodge("plan", "--detailed-exitcode", "-f", file, environment: keys).exitCode == 0)
        let changed = try await lodge(
            "plan", "--detailed-exitcode", "-f", file, environment: [keys[0], "KEY_2=\(key("marker-4"))"])
        #expect(changed.exitCode == 2 && changed.output.contains("cloudInit.users = (sensitive)"), "\(changed.output)")
        #expect(!changed.output.contains("marker"))
    }

    @Test func hostsThatChangedAreRefusedByName() async throws {
        let file = try manifest()
        #expect(try await lodge("apply", "--auto-approve", "-f", file).exitCode == 0)
        _ = try await lodge("plan", "--out", plan, "--target", "guest.web-1", "-f", try manifest(memory: .mib(512)))
        // Another guest's change does not matter; the guest's own does.
        let other = try await lodge(
            "apply", "--auto-approve", "--target", "guest.web-2", "-f", try manifest(memory: .mib(384)))
        #expect(other.exitCode == 0, "\(other.errors)")
        _ = try await lodge("apply", "--auto-approve", "-f", try manifest(memory: .mib(384)))
        let refused = try await lodge("apply", plan)
        #expect(refused.exitCode == 3)
        #expect(refused.output.contains("guest.web-1 on host sim has changed since the plan was made"))
        #expect(refused.output.contains("memory is 384MiB, and not 256MiB"), "\(refused.output)")

        _ = try await lodge("plan", "--out", plan, "--target", "guest.web-1", "-f", try manifest(memory: .mib(512)))
        #expect(try await lodge("apply", "--max-impact", "live", plan).exitCode == 3)
        #expect(try await lodge("apply", "--max-impact", "restart", plan).exitCode == 0)
    }

    @Test func anInterruptedApplyGoesOnByPlanningAgain() async throws {
        try await save()
        #expect(
            try await lodge("apply", "--auto-approve", "--target", "guest.web-1", "-f", try manifest()).exitCode == 0)
        let refused = try await lodge("apply", plan)
        #expect(refused.exitCode == 3)
        #expect(refused.output.contains("2 of the plan's 3 changes are there already"), "\(refused.output)")
        try await save()
        #expect(try await lodge("apply", plan).exitCode == 0)
        #expect(try await lodge("plan", "--detailed-exitcode", "-f", try manifest()).exitCode == 0)
    }

    @Test func ofTwoAppliesAtOnceOneIsRefused() async throws {
        try await save()
        async let first = lodge("apply", "--lock-timeout", "60s", plan)
        async let second = lodge("apply", "--lock-timeout", "60s", plan)
        let codes = try await [first.exitCode, second.exitCode]
        #expect(codes.compactMap(\.self).sorted() == [0, 3], "\(codes)")
    }

    @Test func aPlanThatCannotBeSavedIsAnError() async throws {
        let file = try manifest()
        let nowhere = try await lodge("plan", "--out", "\(folder.path)/none/fleet.plan", "-f", file)
        #expect(nowhere.exitCode == 1 && nowhere.errors.contains("the plan was not saved"), "\(nowhere.errors)")
        let device = try await lodge("plan", "--out", "/dev/null", "-f", file)
        #expect(device.exitCode == 1 && device.errors.contains("not a regular file"))

        let refused = try await lodge("plan", "--out", plan, "-f", try manifest(memory: .gib(7)))
        #expect(refused.exitCode == 3 && refused.errors.contains("The plan was not saved"))
        #expect(!Files.exists(plan))
    }

    @Test(.enabled(if: isRoot, "mounts a file system: needs root"))
    func aFullDiskLeavesTheOldPlan() async throws {
        let file = try manifest()
        try Files.makeFolder("\(folder.path)/small")
        let script = """
            mount -t tmpfs -o size=8k tmpfs \(folder.path)/small
            echo old > \(folder.path)/small/fleet.plan
            \(LodgeProgram.path) plan --state-dir \(folder.path)/state --run-dir \(folder.path)/run -f \(file) \
              --out \(folder.path)/small/fleet.plan >/dev/null
            echo "exit code $?"
            cat \(folder.path)/small/fleet.plan
            ls \(folder.path)/small
            """
        let outcome = try await Command.outcome(
            of: "unshare", ["-m", "--propagation", "private", "bash", "-c", script], package: "util-linux")
        #expect(outcome.output == "exit code 1\nold\nfleet.plan\n", "\(outcome.errors)")
        #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
    }

    @Test func filesThatAreNoPlansAreErrors() async throws {
        try await save()
        let text = try #require(Files.text(plan))
        for (content, words) in [
            (text.replacing("web-1", with: "web-9"), "was changed since it was written"),
            (String(text.prefix(text.count / 2)), "is cut off"),
            ("kind: Fleet\n", "is not a plan file of Lodge"),
        ] {
            try folder.write(content, to: "bad.plan")
            for command in ["apply", "show"] {
                let outcome = try await lodge(command, "\(folder.path)/bad.plan")
                #expect(outcome.exitCode == 1)
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
            }
        }
        #expect(try await lodge("apply", "\(folder.path)/none.plan").exitCode == 1)
        #expect(state == nil)
    }

    @Test func driftIsShownAlone() async throws {
        let file = try manifest()
        #expect(try await lodge("apply", "--auto-approve", "-f", file).exitCode == 0)
        let changed = try manifest(memory: .mib(512))
        let none = try await lodge("plan", "--refresh-only", "--detailed-exitcode", "-f", changed)
        #expect(none.exitCode == 0 && none.output.contains("still matches what was last applied"))
        var live = try JSONFile.read(HostSnapshot.self, from: "\(folder.layout.stateFolder)/simulated/sim.json")
        live.host.guests[0].process = nil
        live.host.guests[0].state = .stopped
        try JSONFile.write(live, to: "\(folder.layout.stateFolder)/simulated/sim.json")
        let drift = try await lodge("plan", "--refresh-only", "--detailed-exitcode", "-f", changed)
        #expect(drift.exitCode == 2)
        #expect(drift.output.contains("# guest.web-1 has changed\n") && drift.output.contains("# it is not running"))
        #expect(!drift.output.contains("web-2") && !drift.output.contains("512MiB"))
        let json = try await lodge("plan", "--refresh-only", "--output", "json", "-f", changed)
        #expect(json.output.contains("\"resource_changes\":[]") && json.output.contains("guest.web-1"))
    }
}
