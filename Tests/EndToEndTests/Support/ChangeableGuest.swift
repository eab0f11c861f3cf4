import FleetModel
import HostSystem
import Testing

@testable import HostAgent

/// A Linux guest of a lab that is changed by single operations, as an apply would send them to the host's agent.
struct ChangeableGuest: Sendable {
    let lab: Lab
    var definition: GuestDefinition
    static let address = "10.77.0.10"

    /// Boots the demo guest with 128 MiB that may become 512, one CPU that may become three, a disk of 64 MiB and a
    /// seed whose user data is `#!/bin/sh`, `# first`.
    static func boot(in lab: Lab) async throws -> ChangeableGuest {
        let image = TestGuests.demo
        var fleet = Fleet()
        fleet.defaults = [
            "accelerator: tcg", "memory: 128MiB", "disks: [{name: data, image: demo-data, size: 64MiB}]",
            "boot:", "  kernel: \(image)/vmlinuz", "  initrd: \(image)/initrd",
            "  cmdline: \"\((Files.text("\(image)/cmdline") ?? "").filter { $0 != "\n" })\"",
        ]
        fleet.images = [
            "apiVersion: lodge/v1\nkind: Image\nmetadata:\n  name: demo-data\nspec:\n  source: \(image)/root.qcow2\n"
                + "  format: qcow2\n"
        ]
        fleet.guests = [
            Fleet.Guest(
                name: "web-1",
                fields: [
                    "power: stopped", "nics: [{name: eth0, network: lan, ipv4: \(address)}]",
                    "cloudInit:", "  userData: |", "    #!/bin/sh", "    # first",
                ])
        ]
        let apply = try await lab.apply(fleet)
        #expect(apply.code == 0, "\(apply)")

        var guest = ChangeableGuest(lab: lab, definition: try await lab.guest("web-1").definition)
        guest.definition.spec.power = .running
        guest.definition.spec.maxMemory = .mib(512)
        guest.definition.spec.maxCPUs = 3
        try await guest.perform(.defineGuest(guest.definition))
        try await guest.perform(.startGuest(guest.definition.reference))
        try await guest.perform(
            .awaitReady(guest.definition.reference, Readiness(.tcp(port: 80), timeout: .seconds(300))))
        return guest
    }

    /// Sends one operation to an agent of its own.
    @discardableResult
    func perform(_ operation: FleetModel.Operation, policy: HostPolicy = HostPolicy()) async throws -> String? {
        let address = ResourceAddress(.guest, definition.name)
        let step = Step(
            id: 0, address: address, host: Name(parsing: "local")!, verb: "change", operation: operation)
        let result = try await lab.agent.withSession { session -> Result<String?, HostError> in
            do throws(HostError) {
                try await session.lock(holder: "test", timeout: .seconds(60))
                return .success(try await session.perform(step, policy: policy) { _ in })
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Makes changes as a plan would: the new definition, and the operations that lead to it.
    @discardableResult
    mutating func change(
        _ changes: LiveChange..., policy: HostPolicy = HostPolicy(), spec edit: (inout GuestSpec) -> Void = { _ in }
    ) async throws -> String? {
        edit(&definition.spec)
        definition.spec.take(changes, of: definition.spec)
        definition.generation += 1
        return try await perform(.changeGuest(definition, changes), policy: policy)
    }

    /// What the host's record says that the process has.
    func recorded() async throws -> GuestSpec { try #require(try await lab.guest("web-1").process).spec }

    // MARK: Inside

    /// What the guest itself says: the lines of its status page.
    func status() async throws -> [String: String] {
        var values: [String: String] = [:]
        for line in try await page("status").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        return values
    }

    func number(_ key: String) async throws -> Int { try #require(Int(try await status()[key] ?? ""), "\(key)") }

    func page(_ name: String) async throws -> String {
        try await lab.execute("curl", "-sS", "--max-time", "30", "http://\(Self.address)/cgi-bin/\(name)")
    }

    /// Waits until a value of the status page is what is expected.
    func expect(
        _ key: String, _ value: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var seen = 0
        _ = try await eventually {
            seen = try await number(key)
            return seen == value
        }
        #expect(seen == value, "\(key)", sourceLocation: sourceLocation)
    }

    /// Runs a line in the guest's shell, and waits until it has ended. The first lines are lost where the console
    /// still asks who is there.
    func run(_ line: String) async throws {
        let log = lab.layout.guest(definition.owner.fleet, definition.name).consoleFolder
        func answer(to input: String, within seconds: Int) async throws -> Bool {
            let mark = UInt32.random(in: 100_000...999_999)
            try await lab.lodge("console", "web-1", input: "\n\(input); echo done-$((\(mark)+1))\n")
            for _ in 0..<(20 * seconds) {
                if (Files.text("\(log)/log") ?? "").contains("done-\(mark + 1)") { return true }
                try await Task.sleep(for: .milliseconds(50))
            }
            return false
        }
        #expect(try await eventually { try await answer(to: "root\n\ntrue", within: 5) }, "nobody can log in")
        #expect(try await answer(to: line, within: 120), "the guest did not run: \(line)")
    }
}
