import FleetModel
import Planner

/// What somebody wants of a guest's power, by hand.
enum PowerWish: Sendable {
    case start
    /// With how long the guest may take to power off; nil: as its definition says.
    case stop(grace: Timespan?)
    case restart(grace: Timespan?)
}

/// What becomes of such a wish. The operations are those of an apply.
enum PowerDecision: Equatable, Sendable {
    /// It is so already; the text says how.
    case nothing(String)
    /// It cannot be, and nothing is touched.
    case refused(Diagnostic)
    /// Each with its verb, in this order.
    case operations([Named])

    struct Named: Equatable, Sendable {
        var verb: String
        var operation: FleetModel.Operation
    }
}

/// What has to be done to the guest.
///
/// - Parameters:
///   - live: its host, with the guest as it is now.
///   - policy: how much of the host guests may have.
func decidePower(_ wish: PowerWish, _ guest: LiveGuest, on live: LiveHost, _ policy: HostPolicy) -> PowerDecision {
    let name = guest.definition.name
    let stop = { (grace: Timespan?) in
        PowerDecision.Named(
            verb: "stop",
            operation: .stopGuest(guest.definition.reference, grace: grace ?? guest.definition.spec.stopGrace))
    }
    let start = PowerDecision.Named(verb: "start", operation: .startGuest(guest.definition.reference))
    switch (wish, guest.state) {
    case (.stop, .stopped): return .nothing("Guest \(name) is off already.")
    case (.stop(let grace), _): return .operations([stop(grace)])
    case (.start, .running): return .nothing("Guest \(name) runs already.")
    case (.start, .halted(let how)), (.start, .unresponsive(let how)):
        return .refused(
            .error(
                "guest-halted", "guest \(name) has a process already, which does not execute (\(how))",
                help: "lodge restart \(name) ends the process and starts another one"))
    case (.start, .stopped), (.restart, _):
        if let obstacle = obstacle(guest, live) ?? shortage(guest, live, policy) { return .refused(obstacle) }
        guard case .restart(let grace) = wish, guest.hasProcess else { return .operations([start]) }
        return .operations([stop(grace), start])
    }
}

/// What a start relies on and only an apply makes or mends.
private func obstacle(_ guest: LiveGuest, _ live: LiveHost) -> Diagnostic? {
    let definition = guest.definition
    var lacking = definition.pendingDisks.map { "an interrupted change left disk \($0) unmade" }
    for disk in guest.missingDisks where !definition.pendingDisks.contains(disk) {
        lacking.append("the file of disk \(disk) is gone")
    }
    lacking += guest.missingState.map(definition.missingCause)
    for feature in definition.spec.neededFeatures where !live.facts.features.contains(feature) {
        lacking.append("the host does not have \(feature.text)")
    }
    var seen: Set<ObjectID> = []
    for nic in definition.spec.nics where seen.insert(nic.networkID).inserted {
        guard let network = live.networks.first(where: { $0.definition.id == nic.networkID }) else {
            lacking.append("network \(nic.network) is not there")
            continue
        }
        lacking += network.defects.map { "network \(network.definition.name): \($0.text)" }
    }
    guard !lacking.isEmpty else { return nil }
    return .error(
        "guest-incomplete", "guest \(definition.name) cannot be started: \(lacking.joined(separator: "; "))",
        help: "lodge apply mends it, and starts the guest")
}

/// Why it does not fit. The host checks that again; here, so that a guest that would not start again is not stopped.
private func shortage(_ guest: LiveGuest, _ live: LiveHost, _ policy: HostPolicy) -> Diagnostic? {
    let others = live.guests.filter { $0.definition.id != guest.definition.id }.map(\.memoryCost)
    let taken = (others + live.strangers.map(\.memory)).reduce(ByteCount.zero, +)
    let asked = guest.definition.spec.memoryCost
    let allocatable = policy.allocatableMemory(of: live.facts.memory)
    guard taken + asked > allocatable else { return nil }
    return .error(
        "capacity-memory",
        "guest \(guest.definition.name) does not fit on the host: it needs \(asked.rounded), and of "
            + "\(allocatable.rounded) that guests may have \(taken.rounded) are taken by others",
        help: "stop another guest first, or lower its memory in the manifest")
}

/// What it comes to, and what the next plan makes of it, in a line.
///
/// - Parameter power: what the guest's manifest says, or where it is not at hand its definition.
func powerSummary(_ wish: PowerWish, _ name: Name, power: Power) -> String {
    let drift = "To the next plan this is drift, and an apply"
    switch (wish, power) {
    case (.start, .running): return "Guest \(name) was started."
    case (.restart, .running): return "Guest \(name) was restarted."
    case (.stop, .stopped): return "Guest \(name) is off, as its manifest says."
    case (.stop, .running):
        return "Guest \(name) is off. \(drift) starts it again; power: stopped in its manifest keeps it off."
    case (.start, .stopped), (.restart, .stopped):
        return "Guest \(name) was started. \(drift) stops it again; power: running in its manifest keeps it on."
    }
}
