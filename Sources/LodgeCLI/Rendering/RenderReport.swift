import FleetModel
import Reconciler

/// What the steps of an apply had to say, once more at its end; empty where they said nothing.
func renderRemarks(_ outcome: ApplyOutcome) -> String {
    guard !outcome.remarks.isEmpty else { return "" }
    var text = "Remarks:\n"
    for remark in outcome.remarks.sorted(by: { $0.step.id < $1.step.id }) {
        text += "  \(remark.step.address): \(remark.text.visible)\n"
    }
    return text
}

/// Why an apply whose steps all succeeded did not lead to what it was to lead to, as the end of a sentence: guests that
/// did not let something change while they ran, or somebody else.
///
/// - Parameter left: what is not as it is to be.
func reason(for left: Set<ResourceAddress>, _ outcome: ApplyOutcome) -> String {
    let refused = outcome.remarks.sorted { $0.step.id < $1.step.id }.filter { remark in
        guard case .changeGuest = remark.step.operation else { return false }
        return left.contains(remark.step.address)
    }
    guard !refused.isEmpty else { return "something else changes these hosts, or a guest does not stay up" }
    let more = refused.count > 3 ? "; and \(counted(refused.count - 3, "more guest"))" : ""
    return refused.prefix(3).map { "\($0.step.address): \($0.text.visible)" }.joined(separator: "; ") + more
        + "; plan again to see what brings it"
}

/// The report on an apply that did not get to its end: what failed and why, what was done, what was not begun.
func renderReport(_ outcome: ApplyOutcome, style: TextStyle) -> String {
    var text = outcome.failed.map { renderFailure($0, style: style) }.joined()
    text += list("Done:", outcome.done)
    text += list("Not begun:", outcome.notBegun)
    text += renderRemarks(outcome)
    let end = outcome.wasStopped ? "Interrupted" : "Failed"
    return text + "\n" + style.paint("\(end):", .bold) + " \(counts(outcome)).\n\(adviceAfterFailure)\n"
}

let adviceAfterFailure = "What was done stays. Plan again to see what is left."

/// The step that failed, and why.
func renderFailure(_ failure: ApplyOutcome.Failure, style: TextStyle) -> String {
    let step = failure.step
    var text = style.paint("Error:", .error) + " \(step.address): \(step.verb.visible) failed\n"
    for line in failure.reason.split(separator: "\n", omittingEmptySubsequences: false) {
        text += "  \(String(line).visible)\n"
    }
    return text
}

/// `5 steps done, 1 failed, 2 not begun`.
func counts(_ outcome: ApplyOutcome) -> String {
    "\(counted(outcome.done.count, "step")) done, \(outcome.failed.count) failed, "
        + "\(outcome.notBegun.count) not begun"
}

/// A line an object, with its steps in the order of the plan; of very many, the first ones.
private func list(_ title: String, _ steps: [Step]) -> String {
    guard !steps.isEmpty else { return "" }
    let lines = stepsByObject(steps)
    let hosts = Set(steps.map(\.host)).count
    var text = "\(title)\n"
    for line in lines.prefix(100) {
        let host = hosts > 1 && line.subject.address.kind != .guest ? " on \(line.subject.host)" : ""
        text += "  \(line.subject.address)\(host): \(line.verbs.map(\.visible).joined(separator: ", "))\n"
    }
    if lines.count > 100 { text += "  and \(lines.count - 100) more objects\n" }
    return text
}

/// An object on a host.
struct Subject: Hashable {
    let address: ResourceAddress
    let host: Name
}

/// The verbs of steps by their objects, both in the order of the plan.
func stepsByObject(_ steps: [Step]) -> [(subject: Subject, verbs: [String])] {
    var lines: [(subject: Subject, verbs: [String])] = []
    var positions: [Subject: Int] = [:]
    for step in steps.sorted(by: { $0.id < $1.id }) {
        let subject = Subject(address: step.address, host: step.host)
        if let position = positions[subject] {
            lines[position].verbs.append(step.verb)
        } else {
            positions[subject] = lines.count
            lines.append((subject, [step.verb]))
        }
    }
    return lines
}

/// How many of the plan's changes have had all of their steps.
func completedCounts(_ plan: Plan, _ outcome: ApplyOutcome) -> (added: Int, changed: Int, destroyed: Int) {
    let open = Set((outcome.failed.map(\.step) + outcome.notBegun).map { Subject(address: $0.address, host: $0.host) })
    var complete = plan
    complete.changes.removeAll { open.contains(Subject(address: $0.address, host: $0.host)) }
    return complete.counts
}
