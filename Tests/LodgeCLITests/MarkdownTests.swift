import FleetModel
import HostSystem
import Reconciler
import TestSupport
import Testing

@testable import LodgeCLI

/// Plans as comments: what GitHub's own Markdown reader makes of them. Needs cmark-gfm.
@Suite struct MarkdownTests {
    private func html(_ markdown: String) async throws -> String {
        try await Command.run(
            "cmark-gfm", ["--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"], package: "cmark-gfm",
            input: Array(markdown.utf8))
    }

    private func count(_ needle: String, in text: String) -> Int { text.ranges(of: needle).count }

    @Test(arguments: Samples.all.map(\.0)) func asMarkdown(name: String) async throws {
        let plan = try #require(Samples.all.first { $0.0 == name }).1()
        let markdown = renderPlanMarkdown(plan)
        expectGolden(markdown, "plan-\(name).md")
        let html = try await html(markdown)
        #expect(count("<details>", in: html) == plan.changes.count + (plan.strangers.isEmpty || plan.isEmpty ? 0 : 1))
        #expect(count("<details>", in: html) == count("</details>", in: html))
        // Three rows and one of titles for each host.
        let rows = plan.isEmpty ? 0 : plan.capacity.count * 3 + 1
        #expect(count("<tr>", in: html) >= rows)
    }

    static let hostileTexts = [
        "``` </details> ```` <script>alert(1)</script>", "a | b | c", "\n\n# heading\n", "@everyone #1 GH-2 octo/cat#3",
        "</code></summary></details><img src=x onerror=alert(1)>",
        "[link](https://evil.example) ![i](http://evil.example/x.png)",
        "https://evil.example www.evil.example evil@evil.example", "*bold* _it_ ~~gone~~ `code` \\| $$x$$",
        "&lt;b&gt; &#60;script&#62;", "\u{202E}reversed\u{200B}", "\u{1B}[2J\u{1B}[31mred", "~~~\n~~~", "<!-- ", "]]>",
        "- [ ] task\n1. one\n> quote", "| --- |", String(repeating: "`", count: 500),
        String(repeating: "x", count: 5_000),
    ]

    /// A hostile text changes nothing about the structure that a harmless one gives.
    @Test(arguments: hostileTexts) func textStaysText(text: String) async throws {
        func structure(_ html: String) -> [String: Int] {
            Dictionary(html.matches(of: /<\/?[a-zA-Z!][^>]*>/).map { (String($0.output), 1) }, uniquingKeysWith: +)
        }
        let hostile = try await html(renderPlanMarkdown(Samples.hostile(text)))
        let harmless = try await html(renderPlanMarkdown(Samples.hostile("harmless")))
        #expect(structure(hostile) == structure(harmless), "\(hostile)")
        #expect(!hostile.contains("\u{1B}") && !hostile.contains("\u{202E}"))
        // Outside of code, where mentions and references are looked for.
        let prose = hostile.replacing(/<(code|pre)[^>]*>(.|\n)*?<\/(code|pre)>/, with: "")
        #expect(prose.matches(of: /[@#][a-zA-Z0-9]/).isEmpty, "\(prose)")
    }

    @Test(arguments: [0, 1, 30, 300, 10_000]) func isNeverTooLong(count: Int) async throws {
        for text in [
            "not in the manifests any more", String(repeating: "|`<@", count: 400), String(repeating: "ü", count: 900),
        ] {
            let plan = Samples.large(count, text: text)
            let markdown = renderPlanMarkdown(plan)
            #expect(markdown.utf8.count < 60_000)
            guard count > 0 else { continue }
            #expect(markdown.hasPrefix("### \(verdict(on: plan))\n"))
            #expect(markdown.contains("**\(try #require(summaryLine(of: plan)))**"))
            #expect(markdown.contains("| guest | host | because of | impact |\n| --- | --- | --- | --- |\n| guest-0 |"))
            if count >= 20 { #expect(markdown.contains("#### Capacity\n\n| host |")) }
            let shown = self.count("<details><summary><code>", in: markdown)
            #expect(shown > 0)
            if shown < count {
                #expect(
                    markdown.contains(
                        "_\(count - shown) more change\(count - shown == 1 ? "" : "s") not shown; see the JSON._"))
            }
            let html = try await html(markdown)
            #expect(self.count("<details>", in: html) == self.count("</details>", in: html))
        }
    }

    /// The plan and how it ended, as one comment.
    private func comment(_ plan: Plan, _ ending: ApplyEnding, _ text: String, _ outcome: ApplyOutcome) -> String {
        renderPlanMarkdown(plan, limit: planShareOfComment) + renderResultMarkdown(ending, text, outcome)
    }

    @Test func aResultIsATableAndALine() async throws {
        let (plan, outcome) = (Samples.details, Samples.outcome)
        let html = try await html(comment(plan, .failed, "\(counts(outcome)).", outcome))
        #expect(html.contains("<h4>Result</h4>"))
        let rows = html.matches(of: /<td>(failed|not begun|done)<\/td>/).map { String($0.1) }
        #expect(rows == ["failed", "not begun", "not begun", "done"])
        #expect(
            html.contains("Error: guest.web-2: stop failed\n  QEMU did not end within 60s\n  it still runs\n</code>"))
        #expect(html.hasSuffix("Plan again to see what is left.</p>\n"))
    }

    @Test(arguments: hostileTexts) func textOfAResultStaysText(text: String) async throws {
        func html(_ text: String) async throws -> String {
            var outcome = Samples.outcome
            outcome.failed[0] = .init(step: Samples.step(2, "web-2", text), isRefusal: false, reason: text)
            outcome.remarks[0] = .init(step: outcome.done[0], text: text)
            return try await self.html(
                renderResultMarkdown(.failed, text, outcome)
                    + renderFailureMarkdown(text, [.error("code", text, detail: text)]))
        }
        func structure(_ html: String) -> [String: Int] {
            Dictionary(html.matches(of: /<\/?[a-zA-Z!][^>]*>/).map { (String($0.output), 1) }, uniquingKeysWith: +)
        }
        let hostile = try await html(text)
        #expect(structure(hostile) == structure(try await html("harmless")), "\(hostile)")
        let prose = hostile.replacing(/<(code|pre)[^>]*>(.|\n)*?<\/(code|pre)>/, with: "")
        #expect(prose.matches(of: /[@#][a-zA-Z0-9]/).isEmpty, "\(prose)")
    }

    @Test(arguments: [1, 300, 10_000]) func aCommentWithItsResultIsNeverTooLong(count: Int) async throws {
        for text in ["it failed", String(repeating: "|`<@", count: 400), String(repeating: "ü", count: 900)] {
            let plan = Samples.large(count, text: text)
            let steps = (0..<count).map { Samples.step($0, "guest-\($0)", text) }
            var outcome = ApplyOutcome()
            for step in steps where step.id % 3 == 0 {
                outcome.failed.append(.init(step: step, isRefusal: false, reason: "\(text)\n\(text)"))
            }
            outcome.done = steps.filter { $0.id % 3 == 1 }
            outcome.remarks = outcome.done.map { .init(step: $0, text: text) }
            outcome.notBegun = steps.filter { $0.id % 3 == 2 }
            let markdown = comment(plan, .failed, text, outcome)
            #expect(markdown.utf8.count < 60_000)
            #expect(markdown.contains("\n| failed | guest.guest-0 | local | "))
            #expect(markdown.hasSuffix("What was done stays. Plan again to see what is left.\n"))
            let html = try await html(markdown)
            #expect(self.count("<details>", in: html) == self.count("</details>", in: html))
            #expect(
                html.contains("<h4>Result</h4>") && html.contains("<code class=\"language-text\">Error: guest.guest-0"))
        }
    }

    @Test func whenCutTheWorstStays() {
        let markdown = renderPlanMarkdown(Samples.large(10_000))
        let changes = markdown[(markdown.firstRange(of: "#### Changes")?.lowerBound ?? markdown.endIndex)...]
        #expect(changes.contains("will be destroyed") && !changes.contains("will be created"))
        #expect(markdown.contains("| host-499 |"), "the fullest host")
    }

    @Test func aFleetAsMarkdown() {
        let hosts = Scenario.observe(Scenario.driftedHost)
        expectGolden(renderShowMarkdown(fleet: Scenario.desired.name, hosts: hosts), "show.md")
    }
}
