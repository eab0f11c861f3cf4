import FleetModel
import HostSystem
import TestSupport
import Testing

/// The commands about one guest, as pipelines use them, on simulated hosts.
@Suite struct AccessCommandTests {
    private let folder = TemporaryFolder()

    private func manifest(fleet: String = "demo", _ guests: [(name: String, fields: String)]) throws -> String {
        try folder.write("kernel", to: "vmlinuz")
        var text = """
            {apiVersion: lodge/v1, kind: Fleet, metadata: {name: \(fleet)}}
            ---
            apiVersion: lodge/v1
            kind: Host
            metadata: {name: sim}
            spec: {connection: simulated, capacity: {memory: 8GiB, cpus: 8, disk: 1TiB}}

            """
        for guest in guests {
            text +=
                "---\n{apiVersion: lodge/v1, kind: Guest, metadata: {name: \(guest.name)}, spec: {\(guest.fields), "
                + "boot: {kernel: ./vmlinuz}}}\n"
        }
        return try folder.write(text, to: "\(fleet).yaml")
    }

    private func lodge(_ arguments: String...) async throws -> Command.Outcome {
        try await LodgeProgram.run(
            arguments,
            environment: [
                "LODGE_STATE_DIR=\(folder.layout.stateFolder)", "LODGE_RUN_DIR=\(folder.layout.runFolder)",
            ])
    }

    @Test func powerByHandIsDriftThatAnApplyHeals() async throws {
        let file = try manifest([("web-1", "memory: 256MiB"), ("spare", "memory: 256MiB, power: stopped")])
        let early = try await lodge("start", "web-1", "-f", file)
        #expect(early.exitCode == 1 && early.errors.contains("in the manifests, but on no host yet"), "\(early)")
        #expect(try await lodge("apply", "--auto-approve", "-f", file).exitCode == 0)

        let stop = try await lodge("stop", "guest.web-1", "-f", file)
        #expect(stop.exitCode == 0 && stop.output.contains("guest.web-1: stop done"), "\(stop)")
        #expect(stop.output.hasSuffix("keeps it off.\n") && stop.output.contains("this is drift"), "\(stop)")
        #expect(try await lodge("stop", "web-1", "-f", file).output == "Guest web-1 is off already.\n")
        let drift = try await lodge("plan", "--refresh-only", "--detailed-exitcode", "-f", file)
        #expect(drift.exitCode == 2 && drift.output.contains("it is not running"), "\(drift)")
        #expect(try await lodge("apply", "--auto-approve", "-f", file).exitCode == 0)
        #expect(try await lodge("start", "demo/web-1", "-f", file).output == "Guest web-1 runs already.\n")

        let spare = try await lodge("start", "spare", "-f", file)
        #expect(spare.exitCode == 0 && spare.output.hasSuffix("keeps it on.\n"), "\(spare)")
        #expect(try await lodge("plan", "--detailed-exitcode", "-f", file).exitCode == 2)
        let off = try await lodge("stop", "spare", "--force", "-f", file)
        #expect(off.output.hasSuffix("Guest spare is off, as its manifest says.\n"), "\(off)")
        let restart = try await lodge("restart", "web-1", "--graceful", "5s", "-f", file)
        #expect(restart.exitCode == 0 && restart.output.hasSuffix("Guest web-1 was restarted.\n"), "\(restart)")
        #expect(try await lodge("plan", "--detailed-exitcode", "-f", file).exitCode == 0)
    }

    @Test func aGuestThatDoesNotFitIsNotStarted() async throws {
        let file = try manifest([("large", "memory: 4GiB"), ("other", "memory: 4GiB, power: stopped")])
        #expect(try await lodge("apply", "--auto-approve", "-f", file).exitCode == 0)
        for command in ["start", "restart"] {
            let refused = try await lodge(command, "other", "-f", file)
            #expect(refused.exitCode == 3 && refused.errors.contains("does not fit on the host"), "\(refused)")
        }
        #expect(try await lodge("restart", "large", "-f", file).exitCode == 0)
        let lock = try folder.write(#"{"holder":"ada","pid":7,"since":0}"#, to: "state/simulated/sim.lock")
        let held = try await Command.outcome(
            of: "flock",
            [lock, LodgeProgram.path, "stop", "large", "--state-dir", folder.layout.stateFolder, "-f", file],
            package: "util-linux")
        #expect(held.exitCode == 1 && held.errors.contains("locked by ada"), "\(held)")
    }

    @Test func aNameThatIsNoGuestsIsToldWithThoseThereAre() async throws {
        let file = try manifest([("web-1", "memory: 64MiB"), ("db-1", "memory: 64MiB")])
        #expect(try await lodge("apply", "--auto-approve", "-f", file).exitCode == 0)
        for command in ["start", "stop", "restart", "console"] {
            let unknown = try await lodge(command, "wbe-1", "-f", file)
            #expect(unknown.exitCode == 1 && unknown.output.isEmpty)
            #expect(unknown.errors.contains("there is no guest wbe-1"), "\(unknown)")
            #expect(unknown.errors.contains("did you mean web-1?") && unknown.errors.contains("db-1, web-1"))
            #expect(try await lodge(command, "-f", file).exitCode == 64)
        }
        let console = try await lodge("console", "web-1", "-f", file)
        #expect(console.exitCode == 1 && console.errors.contains("simulated"), "\(console)")
        #expect(try await lodge("stop", "web-1", "--force", "--graceful", "1s", "-f", file).exitCode == 64)
    }
}
