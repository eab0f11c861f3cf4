import FleetModel

/// How much of what a saved plan leads to is there already.
struct SavedPlanProgress {
    private let saved: SavedPlan
    private let made: [Change]
    private let count: Int

    /// - Parameter hosts: those of the plan's hosts that are looked at.
    init(_ saved: SavedPlan, on hosts: [Name: LiveHost]) {
        self.saved = saved
        let results = saved.plan.changes.compactMap { change in
            hosts[change.host].map { host in (change, Deviation(saved, on: host).fromResult(of: change)) }
        }
        made = results.filter { $0.1.isEmpty }.map(\.0)
        count = results.count
    }

    var isDone: Bool { count > 0 && made.count == count }

    /// True where the plan's changes cannot be seen in what the objects are.
    var looksDoneFromTheStart: Bool { made.allSatisfy { $0.action == .replace && $0.before == $0.after } }

    /// Nil: nothing of it is there.
    var refusal: Diagnostic? {
        guard !made.isEmpty else { return nil }
        guard !isDone else {
            return .error(
                "plan-applied", "this plan seems to have been applied already",
                detail: "Everything that it changes is what it leads to. It was made at \(saved.header.created).",
                help: "plan again to see whether anything is left")
        }
        let names = made.prefix(5).map(\.address.description).joined(separator: ", ")
        return .error(
            "plan-applied-in-part", "\(made.count) of the plan's \(count) changes are there already",
            detail: "\(names)\(made.count > 5 ? " and \(made.count - 5) more" : "")\n"
                + "An apply of this plan was interrupted, or somebody else made the same change.",
            help: "plan again: it shows what is left")
    }
}
