import FleetModel

/// Refuses a plan that does not fit any more. What it adds is known from when it was made, since the objects that it
/// changes are still as they were; what others take is as observed now.
func recheckCapacity(of plan: Plan, on live: LiveHost, _ name: Name) -> [Diagnostic] {
    guard let planned = plan.capacity.first(where: { $0.host == name }),
        plan.steps.contains(where: { $0.host == name && $0.memoryDelta > 0 || $0.copies(on: name) })
    else { return [] }
    let now = observedCapacity(of: live, name: name, policy: plan.policies[name] ?? HostPolicy())
    let peak = now.before.moved(from: planned.before, to: planned.peak)
    let after = now.before.moved(from: planned.before, to: planned.after)
    let starts = plan.steps.contains { $0.host == name && $0.memoryDelta > 0 }

    var remarks = Remarks()
    func refuse(_ code: String, _ what: String, needed: String, has: String, before: String, present: String) {
        remarks.refuse(
            code, "host.\(name) has no room for this plan any more: it needs \(needed) of \(what) and has \(has)",
            detail: "taken when the plan was made  \(before)\ntaken now                     \(present)",
            help: "make room on the host, or plan again", about: ResourceAddress(.host, name))
    }
    // A plan that was over the limit when it was made was not refused for it, and may go on as long as it is no worse.
    let worst = max(peak.memory, after.memory)
    if starts,
        worst > max(now.allocatable.memory, max(planned.peak.memory, planned.after.memory))
            || (starts && worst > now.allocatable.memory && planned.peak.memory <= planned.allocatable.memory)
    {
        refuse(
            "capacity-memory", "memory", needed: worst.rounded, has: now.allocatable.memory.rounded,
            before: planned.before.memory.rounded, present: now.before.memory.rounded)
    }
    if starts, after.cpus > max(now.allocatable.cpus, now.before.cpus) {
        refuse(
            "capacity-cpu", "virtual CPUs", needed: "\(after.cpus)", has: "\(now.allocatable.cpus)",
            before: "\(planned.before.cpus)", present: "\(now.before.cpus)")
    }
    let cached = Set(live.cache.map(\.fileName))
    let copies = plan.steps.filter { $0.host == name }.reduce(ByteCount.zero) { sum, step in
        guard case .cacheFile(let file, _) = step.operation, !cached.contains(file.fileName) else { return sum }
        return sum + (file.size ?? .zero)
    }
    if copies > live.facts.diskAvailable {
        remarks.refuse(
            "capacity-disk",
            "host.\(name): \(copies.rounded) of images are to be copied, and \(live.facts.diskAvailable.rounded) are free",
            help: "free disk space on the host", about: ResourceAddress(.host, name))
    }
    return remarks.refusals
}

extension Step {
    fileprivate func copies(on host: Name) -> Bool {
        if case .cacheFile = operation { self.host == host } else { false }
    }
}

extension HostCapacity.Amounts {
    /// With what comes between two others added.
    fileprivate func moved(from before: Self, to after: Self) -> Self {
        HostCapacity.Amounts(
            memory: memory + ByteCount(bytes: after.memory.bytes - before.memory.bytes),
            cpus: cpus + after.cpus - before.cpus, disk: disk)
    }
}
