import FleetModel
import FoundationEssentials
import HostSystem
import Testing

@testable import LodgeCLI

/// The policy in examples/policy, on plans as they are printed. `guests.jq` is run by jq; `guests.rego` by opa, where
/// there is one: Debian has none.
@Suite struct PolicyTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/examples/policy"

    /// A Monday at noon.
    private static let noon = "2026-01-05T12:00:00Z"

    private func json(_ plan: Plan, at time: String) -> [UInt8] {
        Array(
            renderPlanJSON(plan, lodgeVersion: "0.1.0", timestamp: time, digest: Digest(of: "\(plan.fleet)")).utf8)
    }

    private func denied(_ plan: Plan, at time: String = noon) async throws -> [String] {
        let output = try await Command.run(
            "jq", ["-c", "-f", "\(Self.folder)/guests.jq"], package: "jq", input: json(plan, at: time))
        return try JSONDecoder().decode([String].self, from: Data(output.utf8))
    }

    static func plan(_ changes: [Change], peak: ByteCount = .gib(7)) -> Plan {
        var plan = Samples.details
        plan.changes = changes
        plan.capacity[0].peak.memory = peak
        return plan
    }

    private static let db = Samples.spec(labels: ["tier": "db"])
    private static let late = Samples.spec(labels: ["restart": "after-hours"])
    private static let protected = "guest.a is labelled tier=db: it must not be destroyed, replaced or lose data"
    private static let waits = "guest.a is labelled restart=after-hours: it must not go down in working hours"

    static let cases: [(plan: Plan, time: String, denied: [String])] = [
        (plan([Samples.change("a", .destroy, .destroy, before: db)]), noon, [protected]),
        (plan([Samples.change("a", .replace, .replace, before: db, after: db)]), noon, [protected]),
        (plan([Samples.change("a", .update, .destroy, before: db, after: db)]), noon, [protected]),
        // A label that the plan takes away still protects.
        (plan([Samples.change("a", .replace, .replace, before: db, after: Samples.spec())]), noon, [protected]),
        (plan([Samples.change("a", .update, .restart, before: db, after: db)]), noon, []),
        (plan([Samples.change("a", .create, nil, after: db)]), noon, []),
        (plan([Samples.change("a", .destroy, .destroy, before: Samples.spec())]), noon, []),
        (plan([Samples.change("a", .update, .restart, before: late, after: late)]), noon, [waits]),
        (plan([Samples.change("a", .update, .live, before: late, after: late)]), noon, []),
        (plan([Samples.change("a", .create, nil, after: late)]), noon, []),
        (plan([Samples.change("a", .update, .restart, before: late, after: late)]), "2026-01-05T18:00:00Z", []),
        (plan([Samples.change("a", .update, .restart, before: late, after: late)]), "2026-01-05T17:59:59Z", [waits]),
        (plan([Samples.change("a", .update, .restart, before: late, after: late)]), "2026-01-05T07:59:59Z", []),
        (plan([Samples.change("a", .update, .restart, before: late, after: late)]), "2026-01-04T12:00:00Z", []),
        (plan([], peak: .mib(7300)), noon, []),
        (plan([], peak: .mib(7400)), noon, ["host.local peaks at 7.2GiB of memory: more than 90% of 8GiB"]),
    ]

    @Test(arguments: cases.indices) func jqDecides(index: Int) async throws {
        let (plan, time, expected) = Self.cases[index]
        #expect(try await denied(plan, at: time) == expected)
    }

    @Test func aPlanOfThePlannerIsDecided() async throws {
        #expect(try await denied(Samples.new) == [])
        #expect(try await denied(Samples.refused).contains { $0.contains("host.local peaks at") })
    }

    @Test(
        .enabled(if: Command.find("opa") != nil, "needs Open Policy Agent, which Debian does not have"),
        arguments: cases.indices)
    func regoDecidesTheSame(index: Int) async throws {
        let (plan, time, expected) = Self.cases[index]
        let output = try await Command.run(
            "opa", ["eval", "-f", "json", "-d", "\(Self.folder)/guests.rego", "-I", "count(data.main.deny)"],
            package: "opa", input: json(plan, at: time))
        #expect(output.contains("\"value\": \(expected.count)"), "\(output)")
    }
}
