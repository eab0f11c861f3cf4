import FleetModel
import Glibc
import HostAgent
import HostSystem
import Testing

/// Saved plans on a real host: applied as they are, or not at all.
@Suite(.serialized, .needsHost) struct SavedPlanEndToEndTests {
    private func save(_ fleet: Fleet, _ lab: Lab, _ options: String...) async throws -> String {
        let path = "\(lab.folder)/\(fleet.name).plan"
        let result = try await lab.start(["plan", "-f", try lab.write(fleet), "--out", path] + options).result()
        #expect(result.code == 0, "\(result)")
        return path
    }

    private func emulator(of guest: String, _ lab: Lab) async throws -> ProcessEntry {
        // QEMU's -name has the guest's name; qemu(1).
        try #require(
            await lab.processes().first { process in
                process.arguments.first?.contains("qemu-system") == true
                    && process.arguments.contains { $0.contains(guest) }
            })
    }

    private func kill(_ guest: String, _ lab: Lab) async throws {
        let process = try await emulator(of: guest, lab)
        Glibc.kill(process.pid, SIGKILL)
        _ = await ProcessTable.waitForEnd(process.pid, startTime: process.startTime, timeout: .seconds(30))
        _ = DetachedProcess.reap(process.pid)
        // The logger of its console ends when it has read everything.
        #expect(
            await eventually {
                !ProcessTable.all().contains { entry in
                    entry.arguments.contains { $0.hasPrefix(lab.stateFolder) && $0.hasSuffix("/\(guest)/console") }
                }
            })
    }

    @Test func onlyWhatThePlanReliesOnMatters() async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16), Fleet.tiny("web-2", 17)]
            // The host holds nothing yet, not even the identity of its state folder.
            let first = try await save(fleet, lab)
            let made = try await lab.lodge("apply", first)
            #expect(made.code == 0 && made.says("Apply complete! Resources: 3 added"), "\(made)")
            #expect(await lab.pings("10.77.0.16"))
            let again = try await lab.lodge("apply", first)
            #expect(again.code == 3 && again.says("applied already"), "\(again)")

            fleet.guests[0].fields.append("memory: 32MiB")
            let second = try await save(fleet, lab)
            try await kill("web-1", lab)
            let before = try await lab.census()
            let refused = try await lab.lodge("apply", second)
            #expect(refused.code == 3 && refused.says("guest.web-1", "it is not running"), "\(refused)")
            try await lab.expect(before)

            let third = try await save(fleet, lab, "--target", "guest.web-1")
            try await kill("web-2", lab)
            let applied = try await lab.lodge("apply", third)
            #expect(applied.code == 0, "\(applied)")
            #expect(await lab.pings("10.77.0.16"))
            let drift = try await lab.lodge("plan", "--refresh-only", "--detailed-exitcode", "-f", try lab.write(fleet))
            #expect(drift.code == 2 && drift.says("# guest.web-2 has changed", "it is not running"), "\(drift)")
            #expect(!drift.output.contains("web-1"))

            try await whatAGuestReliesOnIsGone(&fleet, lab)
            #expect(try await lab.destroy(fleet).code == 0)
        }
    }

    /// A guest that could not come up again is not stopped: neither by a saved plan, nor by a step on its host.
    private func whatAGuestReliesOnIsGone(_ fleet: inout Fleet, _ lab: Lab) async throws {
        fleet.guests[0].fields.removeLast()
        fleet.guests[0].fields.append("memory: 48MiB")
        let saved = try await save(fleet, lab, "--target", "guest.web-1")
        let process = try await emulator(of: "web-1", lab)
        let bridge = try #require(try await lab.bridges().first)
        try await lab.ip("link", "delete", bridge)
        let before = try await lab.census()
        let refused = try await lab.lodge("apply", saved)
        #expect(refused.code == 3 && refused.says("network.lan", "its bridge is missing"), "\(refused)")
        try await lab.expect(before)

        let definition = try await lab.guest("web-1").definition
        let network = try #require(definition.spec.nics.first)
        // Of a network, its bridge alone is looked at.
        let gone: [(Reliance, String)] = [
            (.network(network.networkID, name: network.network, .absent), "the bridge of network.lan is missing"),
            (.cachedFile("gone.qcow2"), "gone.qcow2 is missing from the host's cache"),
        ]
        for (reliance, text) in gone {
            let error = await #expect(throws: HostError.self) {
                try await lab.perform(
                    .stopGuest(definition.reference, grace: .seconds(60)), on: definition.name, relying: [reliance])
            }
            #expect(error?.text.contains(text) == true, "\(error as Any)")
        }
        #expect(try await emulator(of: "web-1", lab).pid == process.pid)
    }

    /// An apply that was killed in the middle is not what the plan was made for any more; planning again is.
    @Test func killedInTheMiddle() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let fleet = try await Fleet.three(in: lab)
            let plan = try await save(fleet, lab)
            let guests = { Set(lab.processes(with: "qemu-system", "-pidfile").map(\.pid)) }
            let run = try lab.start(["apply", plan])
            #expect(await eventually { !guests().isEmpty })
            for agent in lab.agents { Glibc.kill(agent.pid, SIGKILL) }
            let killed = try await run.result()
            #expect(killed.code == 1 && killed.says("agent"), "\(killed)")

            let left = guests()
            let again = try await lab.lodge("apply", plan)
            #expect(again.code == 3 && again.says("plan again"), "\(again)")
            // One whose launcher outlived the agent may have come up since.
            #expect(left.isSubset(of: guests()), "refused before anything is touched")
            let rest = try await save(fleet, lab)
            let finished = try await lab.lodge("apply", rest)
            #expect(finished.code == 0, "\(finished)")
            for address in Fleet.threeAddresses { #expect(await lab.pings(address)) }
            try await lab.expectNoChanges(fleet)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }
}
