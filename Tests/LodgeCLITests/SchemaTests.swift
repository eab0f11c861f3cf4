import FleetModel
import FoundationEssentials
import HostSystem
import Reconciler
import TestSupport
import Testing

@testable import LodgeCLI

/// The published JSON Schemas hold for what is really printed, by a validator that is not ours: python3-jsonschema.
@Suite struct SchemaTests {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// - Returns: what is wrong; empty: nothing.
    private func problems(_ documents: String, _ schema: String, isClosed: Bool = true) async throws -> String {
        let outcome = try await Command.outcome(
            of: "env",
            ["\(Self.root)/scripts/validate-json"] + (isClosed ? ["--closed"] : []) + ["\(Self.root)/docs/\(schema)"],
            package: "python3-jsonschema", input: Array(documents.utf8))
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        #expect((outcome.exitCode == 0) == outcome.output.isEmpty)
        return outcome.output
    }

    private func json(_ plan: Plan) -> String {
        renderPlanJSON(
            plan, lodgeVersion: "0.1.0", timestamp: "2026-01-02T03:04:05Z", digest: Digest(of: "\(plan.fleet)"))
    }

    @Test func everyPlanIsValid() async throws {
        let plans = Samples.all.map { json($0.1()) } + [json(Samples.large(100))]
        #expect(try await problems(plans.joined(), "plan.schema.json") == "")
    }

    @Test func everyEventIsValid() async throws {
        let plan = Samples.details
        var lines = [ApplyEventLine.planned(plan), ApplyEventLine.planned(Samples.refused)]
        for event: ApplyEvent in [
            .began(plan.steps[0]), .progress(plan.steps[0], "42%"),
            .ended(plan.steps[0], elapsed: .milliseconds(1_500), remark: nil),
            .ended(plan.steps[1], elapsed: .zero, remark: "restart pending"),
            .failed(plan.steps[2], elapsed: .seconds(3), reason: "no"), .stopping(running: 2),
        ] { lines.append(ApplyEventLine.of(event)) }
        for ending in [ApplyEnding.complete, .partial, .failed, .refused, .interrupted] {
            lines.append(ApplyEventLine.summary(ending, "text", plan, Samples.outcome))
        }
        #expect(try await problems(lines.joined(), "events.schema.json") == "")
    }

    /// The schema would say so if a key were gone, renamed or of another type.
    @Test func whatIsWrongIsSeen() async throws {
        let good = try JSONDecoder().decode(JSONValue.self, from: Data(json(Samples.details).utf8))
        guard case .object(let plan) = good else { return }
        var broken: [(String, JSONValue)] = []
        for key in plan.keys {
            var without = plan
            without[key] = nil
            broken.append(("without \(key)", .object(without)))
            var other = plan
            other[key] = .double(0.5)
            broken.append(("\(key) is a number", .object(other)))
        }
        func changed(_ path: [String], to value: JSONValue?) -> JSONValue { replacing(good, path[...], by: value) }
        broken += [
            ("new key", changed(["surprise"], to: .bool(true))),
            ("no actions", changed(["resource_changes", "0", "change", "actions"], to: .array([]))),
            ("impact", changed(["resource_changes", "0", "impact"], to: .string("harmless"))),
            ("created with a before", changed(["resource_changes", "2", "change", "before"], to: .object([:]))),
            ("shown secret", changed(["resource_changes", "0", "change", "fields", "3", "after"], to: .string("x"))),
            ("no memory", changed(["resource_changes", "0", "change", "after", "memory"], to: nil)),
            ("negative", changed(["capacity", "0", "peak", "memory"], to: .int(-1))),
            ("address", changed(["steps", "0", "address"], to: .string("web-1"))),
        ]
        for (what, document) in broken {
            let text = String(decoding: CanonicalJSON.bytes(of: document), as: UTF8.self)
            #expect(try await problems(text, "plan.schema.json") != "", "\(what)")
        }
        // Readers of the published schema are to accept what later versions add.
        let later = String(decoding: CanonicalJSON.bytes(of: changed(["surprise"], to: .int(1))), as: UTF8.self)
        #expect(try await problems(later, "plan.schema.json", isClosed: false) == "")
        for event in [#"{"type":"step_began"}"#, #"{"type":"other"}"#, "{}"] {
            #expect(try await problems(event, "events.schema.json") != "", "\(event)")
        }
    }

    private func replacing(_ value: JSONValue, _ path: ArraySlice<String>, by new: JSONValue?) -> JSONValue? {
        guard let key = path.first else { return new }
        switch value {
        case .object(var fields):
            fields[key] = replacing(fields[key] ?? .null, path.dropFirst(), by: new)
            return .object(fields)
        case .array(var elements):
            elements[Int(key)!] = replacing(elements[Int(key)!], path.dropFirst(), by: new) ?? .null
            return .array(elements)
        default: return new
        }
    }

    private func replacing(_ value: JSONValue, _ path: ArraySlice<String>, by new: JSONValue?) -> JSONValue {
        (replacing(value, path, by: new) as JSONValue?) ?? .null
    }

    @Test(arguments: Samples.all.map(\.0)) func noSecretIsShown(name: String) throws {
        let plan = try #require(Samples.all.first { $0.0 == name }).1()
        for text in [json(plan), renderPlan(plan, style: .plain), renderPlanMarkdown(plan)] {
            #expect(!text.contains(Samples.secret))
        }
    }

    @Test func secretsAreMarkedWhereTheyWere() throws {
        let paths = SecretPaths(paths: ["cloudInit.userData", "cloudInit.users.ops.sshKeys.0", "boot.cmdline"])
        let object = try JSONDecoder().decode(
            JSONValue.self,
            from: Data(
                #"{"cpus":1,"cloud_init":{"user_data":"s","hostname":"h","users":[{"name":"a"},{"name":"ops","ssh_keys":["s","t"]}]}}"#
                    .utf8))
        let (rest, marks) = paths.redact(object)
        #expect(
            String(decoding: CanonicalJSON.bytes(of: rest), as: UTF8.self)
                == #"{"cloud_init":{"hostname":"h","users":[{"name":"a"},{"name":"ops","ssh_keys":[null,"t"]}]},"cpus":1}"#
        )
        #expect(
            String(decoding: CanonicalJSON.bytes(of: marks), as: UTF8.self)
                == #"{"cloud_init":{"user_data":true,"users":[{},{"ssh_keys":[true,{}]}]}}"#)
        let files = SecretPaths(paths: ["cloudInit.writeFiles.1.content", "cloudInit.users.b.c.passwordHash"])
        let seed = JSONValue.object([
            "cloud_init": .object([
                "users": .array([.object(["name": .string("b.c"), "password_hash": .string("s")])]),
                "write_files": .array([
                    .object(["path": .string("/a"), "content": .string("shown")]),
                    .object(["path": .string("/b"), "content": .string("s")]),
                ]),
            ])
        ])
        let shown = String(decoding: CanonicalJSON.bytes(of: files.redact(seed).rest), as: UTF8.self)
        #expect(!shown.contains("\"s\"") && shown.contains("shown") && shown.contains("/b"), "\(shown)")
        #expect(paths.hides("cloudInit.users") && paths.hides("cloudInit.userData") && !paths.hides("cloudInit.user"))
    }
}
