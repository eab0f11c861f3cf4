import FleetModel
import FoundationEssentials
import HostSystem
import Testing

@testable import LodgeCLI

/// The bots that comment on pull requests read Lodge's text as they read Terraform's. Their patterns are data beside
/// this file, with their source.
@Suite struct BotTests {
    struct Patterns: Decodable {
        let source: String
        let patterns: [String: String]

        init(_ name: String) throws {
            let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
            let text = try #require(Files.text("/\(folder)/Patterns/\(name).json"))
            self = try JSONDecoder().decode(Patterns.self, from: Data(text.utf8))
        }

        func find(_ name: String, in text: some StringProtocol) throws -> [[String]] {
            let pattern = try #require(patterns[name])
            return try String(text).matches(of: Regex(pattern)).map { match in
                match.output.map { $0.substring.map(String.init) ?? "" }
            }
        }
    }

    /// What tfcmt makes of a plan, in the order of its parser.
    private func resources(_ kind: String, _ text: String) throws -> [String] {
        let tfcmt = try Patterns("tfcmt")
        return try text.split(separator: "\n", omittingEmptySubsequences: false).compactMap {
            try tfcmt.find(kind, in: $0).first?[1]
        }
    }

    private func addresses(_ plan: Plan, _ action: Change.Action) -> [String] {
        plan.changes.filter { $0.action == action }.map(\.address.description)
    }

    @Test(arguments: Samples.all.map(\.0)) func tfcmtReadsResultAndResources(name: String) throws {
        let plan = try #require(Samples.all.first { $0.0 == name }).1()
        let text = renderPlan(plan, style: .plain)
        let tfcmt = try Patterns("tfcmt")
        #expect(try resources("Create", text) == addresses(plan, .create))
        #expect(try resources("Update", text) == addresses(plan, .update))
        #expect(try resources("Delete", text) == addresses(plan, .destroy))
        #expect(try resources("Replace", text) == addresses(plan, .replace))
        let isFailed = !plan.refusals.isEmpty || !plan.unreachable.isEmpty
        #expect(try !tfcmt.find("Fail", in: text).isEmpty == isFailed)
        #expect(try tfcmt.find("Warning", in: text).count == plan.warnings.count)
        let passes = try tfcmt.find("Pass", in: text)
        #expect(passes.count == (isFailed ? 0 : 1), "exactly one line tells the result")
        #expect(try !tfcmt.find("HasNoChanges", in: text).isEmpty == (plan.isEmpty && !isFailed))
        let line = text.split(separator: "\n").first { $0.hasPrefix("Plan: ") } ?? ""
        #expect(try !tfcmt.find("HasDestroy", in: line).isEmpty == (!isFailed && plan.counts.destroyed > 0))
    }

    @Test(arguments: Samples.all.map(\.0)) func atlantisCounts(name: String) throws {
        let plan = try #require(Samples.all.first { $0.0 == name }).1()
        let text = renderPlan(plan, style: .plain)
        let atlantis = try Patterns("atlantis")
        let counts = plan.counts
        let found = try atlantis.find("rePlanChanges", in: text)
        if plan.isEmpty || !plan.refusals.isEmpty {
            #expect(found.isEmpty)
        } else {
            #expect(found.count == 1 || name == "hostile")
            #expect(found.last?[2...4] == ["\(counts.added)", "\(counts.changed)", "\(counts.destroyed)"])
        }
        let isUnchanged = plan.isEmpty && plan.refusals.isEmpty && plan.unreachable.isEmpty
        #expect(try !atlantis.find("reNoChanges", in: text).isEmpty == isUnchanged)
    }

    /// It moves the mark of a changed field to the start of the line, so that the comment is coloured.
    @Test func atlantisSeesFieldsAsDifferences() throws {
        let text = renderPlan(Samples.details, style: .plain)
        let fields = try Patterns("atlantis").find("diffKeywordRegex", in: text).map {
            "\($0[2])\($0[3])".split(separator: " ")
        }
        #expect(fields.contains(["~", "memory"]))
        #expect(fields.contains(["~", "machine"]))
        #expect(fields.contains(["-", "labels"]))
        #expect(fields.contains(["+", "memory"]), "of the guest that is created")
    }

    @Test func tfcmtReadsTheEndOfAnApply() throws {
        let tfcmt = try Patterns("tfcmt")
        #expect(try tfcmt.find("ApplyPass", in: renderReport(Samples.outcome, style: .plain)).isEmpty)
        #expect(try tfcmt.find("ApplyFail", in: renderReport(Samples.outcome, style: .plain)).count == 1)
        #expect(
            try tfcmt.find("ApplyPass", in: "\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n").count
                == 1)
    }
}
