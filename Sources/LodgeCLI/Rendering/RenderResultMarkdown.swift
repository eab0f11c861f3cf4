import FleetModel
import Reconciler

/// What a plan may take of a comment that tells its result too, in bytes.
let planShareOfComment = 37_000

/// How an apply ended, to follow its plan in one comment: with a plan of ``planShareOfComment``, under 60,000 bytes
/// together. Where it has to be cut, failures and the last line stay.
///
/// - Parameter text: the line that people get to read.
func renderResultMarkdown(_ ending: ApplyEnding, _ text: String, _ outcome: ApplyOutcome) -> String {
    var result = ""
    if !outcome.failed.isEmpty {
        // The first of them fits, whatever its characters are.
        let failures = outcome.failed.lazy.map { renderFailure($0, style: .plain).shortened(to: 1_400) }
        result +=
            Markdown.fenced(failures, limit: 6_000) { "\(counted($0, "more failure")) not shown; see standard error" }
            + "\n"
    }
    let steps = stepTable(outcome)
    if !steps.isEmpty {
        result += Markdown.table(steps, limit: 8_000) { "\(counted($0, "more object")) not shown." } + "\n"
    }
    if !outcome.remarks.isEmpty {
        let remarks = outcome.remarks.sorted { $0.step.id < $1.step.id }.lazy.map {
            Markdown.item("\($0.step.address): \($0.text.shortened(to: 300))")
        }
        result +=
            Markdown.fitting(remarks, limit: 3_000, count: remarks.count) { "\($0) more remarks not shown." } + "\n"
    }
    let line = Markdown.escaped(text.shortened(to: 400)) + (text.hasSuffix(".") ? "" : ".")
    let advice = outcome.done.isEmpty && outcome.failed.isEmpty ? "" : " \(adviceAfterFailure)"
    let end =
        switch ending {
        // Lodge's own words, as bots look for them.
        case .complete, .partial: "**\(text)**\n"
        case .refused: "**Refused:** \(line)\n"
        case .failed: "**Failed:** \(line)\(advice)\n"
        case .interrupted: "**Interrupted:** \(line)\(advice)\n"
        }
    return (result.isEmpty ? "\n" : "\n#### Result\n\n\(result)") + end
}

/// Why an apply ended before there was a plan.
func renderFailureMarkdown(_ text: String, _ diagnostics: [Diagnostic] = []) -> String {
    let lines = text.split(separator: "\n").map { String($0).visible.shortened(to: 1_000) }
    let rest = lines.dropFirst().map { "\($0)\n" }.joined()
    let details =
        (rest.isEmpty ? [] : [rest])
        + diagnostics.map { renderDiagnostics([$0], style: .plain).shortened(to: 2_000) }
    return "### Failed: \(Markdown.escaped(lines.first ?? ""))\n"
        + (details.isEmpty
            ? ""
            : "\n" + Markdown.fenced(details, limit: 20_000) { "\($0) more not shown; see standard error" })
}

/// An object a row, what went wrong first.
private func stepTable(_ outcome: ApplyOutcome) -> TextTable {
    var table = TextTable([
        .init(title: "RESULT"), .init(title: "OBJECT"), .init(title: "HOST"), .init(title: "STEPS"),
    ])
    let groups = [
        ("failed", outcome.failed.map(\.step)), ("not begun", outcome.notBegun), ("done", outcome.done),
    ]
    for (result, steps) in groups {
        for line in stepsByObject(steps) {
            table.add([
                .init(result), .init("\(line.subject.address)"), .init(line.subject.host.text),
                .init(line.verbs.joined(separator: ", ")),
            ])
        }
    }
    return table
}
