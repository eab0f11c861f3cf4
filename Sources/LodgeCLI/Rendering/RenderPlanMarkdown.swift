import FleetModel

/// A plan as a comment on a pull request: always under 60,000 bytes, since GitHub refuses comments of more than 65,536
/// characters. Where it has to be cut, verdict, counts, what is destructive and capacity stay, the worst of each first.
///
/// - Parameter limit: in bytes, where something follows in the same comment; at least 20,000.
public func renderPlanMarkdown(_ plan: Plan, limit: Int = 59_000) -> String {
    /// What a section may take of it; all but the changes, which get what is left, take 83% at most.
    func share(_ percent: Int) -> Int { limit * percent / 100 }
    var text = "### \(verdict(on: plan))\n"
    if let line = summaryLine(of: plan) { text += "\n**\(line)**\n" }
    if !plan.refusals.isEmpty { text += "\n" + diagnosticsBlock(plan.refusals, limit: share(14)) }
    if !plan.isEmpty || !plan.refusals.isEmpty {
        text += section(
            "Downtime and data loss", interruptionTable(plan), limit: share(24),
            rest: { "\(counted($0, "more guest")) not shown; see the JSON." })
        text += section(
            "Drift: changed outside of Lodge since the last apply", driftTable(plan), limit: share(10),
            rest: { "\(counted($0, "more object")) not shown; see the JSON." })
        text += capacitySection(plan.capacity, limit: share(20))
        text += strangerSection(plan.strangers, limit: share(5))
    }
    let remarks = remarksSection(of: plan, limit: share(10))
    text += changesSection(plan.changes, plan.stopped, limit: limit - text.utf8.count - remarks.utf8.count)
    return text + remarks
}

private func section(_ title: String, _ table: TextTable, limit: Int, rest: (Int) -> String) -> String {
    table.isEmpty ? "" : "\n#### \(title)\n\n" + Markdown.table(table, limit: limit, rest: rest)
}

/// All hosts by name, or, where they are too many, the fullest ones.
private func capacitySection(_ capacity: [HostCapacity], limit: Int) -> String {
    guard !capacity.isEmpty else { return "" }
    // A host's three rows take about 200 bytes.
    let isCut = capacity.count > limit / 250
    let shown = isCut ? capacity.sorted { $0.fullness > $1.fullness } : capacity
    return "\n#### Capacity\n\n"
        + Markdown.table(capacityTable(shown), limit: limit, rowsTogether: 3) { count in
            "\(counted(count, "more host")), less full at the peak, not shown; see the JSON."
        }
}

extension HostCapacity {
    /// The share of its memory that is taken at the peak.
    fileprivate var fullness: Double { Double(peak.memory.bytes) / Double(max(1, allocatable.memory.bytes)) }
}

private func strangerSection(_ strangers: [Stranger], limit: Int) -> String {
    guard !strangers.isEmpty else { return "" }
    let table = Markdown.table(strangerTable(strangers), limit: limit) { "\($0) more not shown; see the JSON." }
    return "\n" + Markdown.folded("Not of this fleet, counted and never touched: \(strangers.count)", table)
}

/// In the order of the plan, or, where they are too many, the worst first.
private func changesSection(_ changes: [Change], _ stopped: StoppedGuests, limit: Int) -> String {
    guard !changes.isEmpty else { return "" }
    let head = "\n#### Changes\n\n"
    func render(_ changes: [Change]) -> String {
        Markdown.fitting(
            changes.lazy.map { changeBlock($0, stops: stopped.contains($0)) }, limit: limit - head.utf8.count,
            count: changes.count
        ) {
            "\(counted($0, "more change")) not shown; see the JSON."
        }
    }
    // A change takes more than 100 bytes: what cannot fit is not tried.
    let inOrder = changes.count > limit / 100 ? nil : render(changes)
    if let inOrder, !inOrder.hasSuffix("see the JSON._\n") { return head + inOrder }
    return head + render(changes.sorted { $0.severity > $1.severity })
}

private func changeBlock(_ change: Change, stops: Bool) -> String {
    let lines = ChangeLines(change, stops: stops)
    var content = ""
    for cause in lines.causes.prefix(20) { content += "# \(cause.shortened(to: 300))\n" }
    for line in lines.fields.prefix(40) {
        var text = line.text
        if !line.remark.isEmpty { text += "  \(line.remark)" }
        if !line.origin.isEmpty { text += "  \(line.origin)" }
        // What colours lines by their first character knows no `~`.
        let mark = line.mark == .change ? "!" : line.mark.rawValue
        content += "\(mark) \(text.shortened(to: 300))\n"
    }
    let hidden = max(0, lines.causes.count - 20) + max(0, lines.fields.count - 40)
    if hidden > 0 { content += "# \(counted(hidden, "more line")) not shown; see the JSON\n" }
    let title =
        "<code>\(lines.mark.rawValue) \(Markdown.escaped(lines.subject))</code> "
        + Markdown.escaped(lines.sentence.split(separator: " ", maxSplits: 1).last.map(String.init) ?? "")
    return content.isEmpty
        ? Markdown.folded(title, "Nothing more is to be said of it.\n")
        : Markdown.folded(title, Markdown.fenced(content, language: "diff"))
}

private func remarksSection(of plan: Plan, limit: Int) -> String {
    var text = ""
    if !plan.isEmpty, !plan.notes.isEmpty {
        let notes = plan.notes.lazy.map { Markdown.item($0.shortened(to: 300)) }
        text += "\n"
        text += Markdown.fitting(notes, limit: limit / 2, count: plan.notes.count) { "\($0) more notes not shown." }
    }
    let warnings = plan.warnings + inOrder(plan.unreachable)
    return warnings.isEmpty ? text : text + "\n" + diagnosticsBlock(warnings, limit: limit / 2)
}

private func diagnosticsBlock(_ diagnostics: [Diagnostic], limit: Int) -> String {
    Markdown.fenced(diagnostics.lazy.map { renderDiagnostics([$0], style: .plain) }, limit: limit) {
        "\($0) more not shown; see the JSON"
    }
}
