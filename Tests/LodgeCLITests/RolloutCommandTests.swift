import FleetModel
import FoundationEssentials
import HostSystem
import TestSupport
import Testing

/// The limits and wishes of a rollout, from the manifest to the events of `lodge apply`, on simulated hosts.
@Suite struct RolloutCommandTests {
    private let folder = TemporaryFolder()

    /// A set of guests and the fleet that it is in, as text.
    private struct Manifest {
        var replicas = 6
        var hosts = ["alpha"]
        var hostMemory = "16GiB"
        var memory = "256MiB"
        var model = "Nehalem"
        var maxUnavailable = 1
        /// Of the fleet, such as `maxUnavailable: 2`.
        var policy = ""
        /// Of each guest, such as `order: createFirst`.
        var update = ""

        var text: String {
            let documents =
                ["kind: Fleet\nmetadata: {name: demo}\nspec: {policy: {\(policy)}}"]
                + hosts.map { host in
                    "kind: Host\nmetadata: {name: \(host)}\nspec: {connection: simulated, reserve: {memory: 0MiB}, "
                        + "capacity: {memory: \(hostMemory), cpus: 64, disk: 1TiB}}"
                } + [
                    "kind: Network\nmetadata: {name: lan}\nspec: {mode: nat, ipv4: {subnet: 10.77.0.0/24}}",
                    """
                    kind: GuestSet
                    metadata: {name: web}
                    spec:
                      replicas: \(replicas)
                      rollout: {maxUnavailable: \(maxUnavailable)}
                      template:
                        spec:
                          memory: \(memory)
                          cpu: {model: \(model)}
                          boot: {kernel: ./vmlinuz}
                          nics: [{name: eth0, network: lan}]
                          ready: {when: address}
                          update: {\(update)}
                    """,
                ]
            return documents.map { "apiVersion: lodge/v1\n\($0)\n" }.joined(separator: "---\n")
        }
    }

    private struct Event: Decodable {
        var type: String
        var address: String?
        var verb: String?
        var outcome: String?
    }

    private func lodge(_ manifest: Manifest, _ arguments: String...) async throws -> Command.Outcome {
        try folder.write("kernel", to: "vmlinuz")
        let file = try folder.write(manifest.text, to: "fleet.yaml")
        return try await LodgeProgram.run(
            arguments + ["-f", file],
            environment: ["LODGE_STATE_DIR=\(folder.layout.stateFolder)", "LODGE_RUN_DIR=\(folder.layout.runFolder)"])
    }

    /// Applies the manifest, with as many steps at once as the plan allows.
    ///
    /// - Returns: what happened, in order.
    private func apply(_ manifest: Manifest) async throws -> [Event] {
        let outcome = try await lodge(
            manifest, "apply", "--auto-approve", "--output", "json", "--parallelism", "64")
        #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
        let events = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Event.self, from: Data($0.utf8))
        }
        #expect(events.last?.outcome == "complete")
        return events
    }

    /// How many guests are down at once, at most: from the beginning of a stop until the guest was waited for.
    private func mostDown(_ events: [Event]) -> Int {
        var down: Set<String> = []
        var most = 0
        for event in events {
            guard let address = event.address else { continue }
            if event.type == "step_began", event.verb == "stop" { down.insert(address) }
            if event.type == "step_ended", event.verb == "wait" { down.remove(address) }
            most = max(most, down.count)
        }
        #expect(down.isEmpty, "every guest is up again")
        return most
    }

    /// Every guest of the set restarts; all at once where nothing forbids it.
    @Test(arguments: [1, 2, 3, 6]) func noMoreGuestsOfASetAreDownThanItSays(limit: Int) async throws {
        var manifest = Manifest(maxUnavailable: limit)
        _ = try await apply(manifest)
        manifest.model = "Westmere"
        let events = try await apply(manifest)
        #expect(events.count { $0.type == "step_began" && $0.verb == "stop" } == 6)
        #expect(mostDown(events) == limit)
    }

    /// Over all hosts together, whatever the set allows.
    @Test func noMoreGuestsOfTheFleetAreDownThanItsPolicySays() async throws {
        var manifest = Manifest(hosts: ["alpha", "beta"], maxUnavailable: 5, policy: "maxUnavailable: 2")
        _ = try await apply(manifest)
        manifest.model = "Westmere"
        let events = try await apply(manifest)
        #expect(events.count { $0.type == "step_began" && $0.verb == "stop" } == 6)
        #expect(mostDown(events) == 2)
    }

    /// The positions of the events of a kind, of guests whose numbers are in a range.
    private func positions(_ type: String, _ verb: String, of guests: ClosedRange<Int>, in events: [Event]) -> [Int] {
        let addresses = Set(guests.map { "guest.web-\($0)" })
        return events.indices.filter {
            events[$0].type == type && events[$0].verb == verb && addresses.contains(events[$0].address ?? "")
        }
    }

    /// Two guests come and two that were there restart.
    @Test func whatComesIsReadyFirstWhereThatIsAsked() async throws {
        for (update, waits) in [("order: createFirst", true), ("order: destroyFirst", false)] {
            var manifest = Manifest(replicas: 2, maxUnavailable: 2, update: update)
            _ = try await apply(manifest)
            (manifest.replicas, manifest.model) = (4, "Westmere")
            let events = try await apply(manifest)
            let stops = positions("step_began", "stop", of: 0...1, in: events)
            let ready = positions("step_ended", "wait", of: 2...3, in: events)
            try #require(stops.count == 2 && ready.count == 2)
            #expect((stops[0] > ready[1]) == waits, "\(update)")
            #expect(try await lodge(manifest, "destroy", "--auto-approve").exitCode == 0)
        }
    }

    /// With room for either the old guest or the new one, the wish is given up, and the plan says for lack of what.
    @Test func whatDoesNotFitComesAfterwards() async throws {
        var manifest = Manifest(replicas: 2, hostMemory: "5GiB", memory: "2GiB", update: "order: createFirst")
        _ = try await apply(manifest)
        (manifest.replicas, manifest.model, manifest.memory) = (3, "Westmere", "1536MiB")
        let plan = try await lodge(manifest, "plan")
        #expect(plan.exitCode == 0 && plan.output.contains("createFirst"), "\(plan.output)")
        let events = try await apply(manifest)
        let stops = positions("step_began", "stop", of: 0...1, in: events)
        let starts = positions("step_began", "start", of: 2...2, in: events)
        try #require(stops.count == 2 && starts.count == 1)
        #expect(stops[0] < starts[0])
        #expect(mostDown(events) == 1)
    }

    /// What may be done to a guest is its own to say.
    @Test func aGuestsOwnLimitRefusesThePlan() async throws {
        var manifest = Manifest(replicas: 1, update: "maxImpact: live")
        _ = try await apply(manifest)
        manifest.model = "Westmere"
        let refused = try await lodge(manifest, "apply", "--auto-approve")
        #expect(refused.exitCode == 3)
        #expect(refused.output.contains("update.maxImpact") && refused.output.contains("guest.web-0"))
        manifest.update = "maxImpact: restart"
        #expect(mostDown(try await apply(manifest)) == 1)
    }
}
