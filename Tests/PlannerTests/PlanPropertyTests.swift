import FleetModel
import Planner
import SimulatedHost
import Testing

/// Properties of every plan, over random fleets that follow one another on the same hosts.
@Suite struct PlanPropertyTests {
    @Test(arguments: 0..<40) func everyPlanConverges(seed: Int) throws {
        var generator = FleetGenerator(seed: UInt64(seed))
        var hosts = generator.hosts()
        let others = othersOf(hosts)
        var previous: DesiredFleet?
        var applied = 0
        for _ in 0..<12 {
            let desired = generator.fleet(after: previous)
            for name in FleetGenerator.hostNames { generator.drift(&hosts[name]!.live) }
            let plan = makePlan(desired: desired, hosts: observe(hosts))
            checkShape(of: plan)
            checkImpact(of: plan)
            guard plan.refusals.isEmpty else { continue }
            for capacity in plan.capacity {
                if let worst = worstMemory(of: plan, host: capacity.host, before: capacity.before.memory) {
                    #expect(capacity.peak.memory == worst)
                }
            }
            try perform(linearExtension(of: plan, using: &generator.random), of: plan, on: &hosts)
            for capacity in plan.capacity {
                let taken = observedCapacity(of: hosts[capacity.host]!.live, name: capacity.host).after
                #expect(taken == capacity.after)
            }
            let next = makePlan(desired: desired, hosts: observe(hosts))
            #expect(next.isEmpty && next.steps.isEmpty, "\(next.changes.first.debugDescription)")
            #expect(othersOf(hosts) == others)
            previous = desired
            applied += 1
        }
        #expect(applied >= 3, "too many plans were refused for this to mean anything")
        let end = makeDestroyPlan(fleet: FleetGenerator.fleet, hosts: observe(hosts))
        #expect(end.refusals.isEmpty)
        try perform(linearExtension(of: end, using: &generator.random), of: end, on: &hosts)
        #expect(hosts.values.allSatisfy { $0.live.guests.count == 1 && $0.live.networks.count == 1 })
        #expect(hosts.values.allSatisfy { $0.live.images.count == 1 && $0.live.cache.count == 1 })
        #expect(othersOf(hosts) == others)
    }

    @Test(arguments: 0..<12) func failingAtAnyStepConverges(seed: Int) throws {
        var generator = FleetGenerator(seed: 1_000 + UInt64(seed))
        var hosts = generator.hosts()
        var previous: DesiredFleet?
        for _ in 0..<4 {
            let desired = generator.fleet(after: previous)
            let plan = makePlan(desired: desired, hosts: observe(hosts))
            guard plan.refusals.isEmpty else { continue }
            let order = linearExtension(of: plan, using: &generator.random)
            for failing in order.indices {
                var copy = hosts
                try perform(Array(order[..<failing]), of: plan, on: &copy)
                try copy[order[failing].host]!.interrupt(order[failing].operation)
                let again = makePlan(desired: desired, hosts: observe(copy))
                #expect(again.refusals.isEmpty, "\(again.refusals)")
                try perform(linearExtension(of: again, using: &generator.random), of: again, on: &copy)
                let next = makePlan(desired: desired, hosts: observe(copy))
                #expect(next.isEmpty, "after \(order[failing].verb): \(next.changes.first.debugDescription)")
            }
            try perform(order, of: plan, on: &hosts)
            previous = desired
        }
    }

    @Test(arguments: 0..<20) func thePlanDoesNotDependOnTheOrderOfItsInput(seed: Int) throws {
        var generator = FleetGenerator(seed: 2_000 + UInt64(seed))
        var hosts = generator.hosts()
        var desired = generator.fleet(after: nil)
        let first = makePlan(desired: desired, hosts: observe(hosts))
        if first.refusals.isEmpty { try perform(first.steps, of: first, on: &hosts) }
        desired = generator.fleet(after: desired)
        let plan = makePlan(desired: desired, hosts: observe(hosts))
        var shuffled = desired
        shuffled.guests.shuffle(using: &generator.random)
        shuffled.networks.shuffle(using: &generator.random)
        shuffled.images.shuffle(using: &generator.random)
        shuffled.hosts.shuffle(using: &generator.random)
        let observed: [Name: HostObservation] = hosts.mapValues { state in
            var live = state.observe()
            live.guests.shuffle(using: &generator.random)
            live.networks.shuffle(using: &generator.random)
            live.images.shuffle(using: &generator.random)
            live.cache.shuffle(using: &generator.random)
            live.leftovers.shuffle(using: &generator.random)
            return .observed(live)
        }
        #expect(makePlan(desired: shuffled, hosts: observed) == plan)
    }

    /// Half of all guests are protected, and stay what they are whatever follows, or the plan is refused.
    @Test(arguments: 0..<20) func protectedGuestsAreNeverLost(seed: Int) throws {
        var generator = FleetGenerator(seed: 3_000 + UInt64(seed))
        var hosts = generator.hosts()
        var desired = generator.fleet(after: nil)
        for index in desired.guests.indices { desired.guests[index].isProtected = index % 2 == 0 }
        let first = makePlan(desired: desired, hosts: observe(hosts))
        guard first.refusals.isEmpty else { return }
        try perform(first.steps, of: first, on: &hosts)
        for _ in 0..<10 {
            let next = generator.fleet(after: desired)
            let limit = generator.random.pick(Impact.allCases)
            let plan = makePlan(desired: next, hosts: observe(hosts), options: PlanOptions(maxImpact: limit))
            let refused = plan.refusals.filter { $0.code == "protected" }
            let lost = plan.changes.filter { change in
                guard case .guest(let spec)? = change.before, spec.isProtected else { return false }
                return change.impact! >= .replace
            }
            #expect(refused.count == lost.count)
            let excess = plan.changes.filter { $0.address.kind == .guest && ($0.impact ?? .live) > limit }
            #expect(plan.refusals.filter { $0.code == "max-impact" }.count == excess.count)
        }
    }

    /// No change says less than its steps do.
    private func checkImpact(of plan: Plan) {
        for step in plan.steps {
            guard let change = plan.changes.first(where: { $0.address == step.address && $0.host == step.host }) else {
                continue
            }
            switch step.operation {
            case .stopGuest: #expect(change.impact! >= .restart, "\(change.address)")
            case .removeGuest: #expect(change.impact == .destroy)
            case .defineGuest(let definition) where change.action != .create:
                guard case .guest(let before)? = change.before else { continue }
                let root = definition.spec.disks.first?.name
                for disk in definition.pendingDisks where before.disks.contains(where: { $0.name == disk }) {
                    let isNamed = change.causes.contains { $0.contains("disk \(disk)") }
                    #expect(isNamed || change.impact! >= (disk == root ? .replace : .destroy), "\(change)")
                }
            case .changeGuest(_, let changes):
                let deletes = changes.contains {
                    if case .removeDisk(_, deletesFile: true) = $0 { true } else { false }
                }
                #expect(!deletes || change.impact == .destroy)
                #expect(!change.fields.contains { $0.impact == .restart })
                #expect(change.impact == .live || deletes)
            default: break
            }
        }
    }

    /// Needs point backwards; ids count; nothing is lost or interrupted without a reason that is named; every step is
    /// of a change; other owners are not the object of any step.
    private func checkShape(of plan: Plan) {
        let changes = Set(plan.changes.map { "\($0.address)@\($0.host)" })
        #expect(changes.count == plan.changes.count)
        for (position, step) in plan.steps.enumerated() {
            #expect(step.id == position)
            #expect(step.needs.allSatisfy { $0 < position && plan.steps[$0].host == step.host })
            #expect(changes.contains("\(step.address)@\(step.host)"), "\(step.verb) \(step.address)")
            #expect(step.isOf(FleetGenerator.fleet))
        }
        for change in plan.changes where change.action != .create {
            let reason = change.fields.map(\.impact).max()
            #expect(!change.causes.isEmpty || (reason != nil && reason == change.impact))
            #expect(change.impact != nil)
        }
        for change in plan.changes where change.action == .destroy { #expect(!change.causes.isEmpty) }
        let removed = plan.steps.filter { if case .removeGuest = $0.operation { true } else { false } }
        let destroyed = plan.changes.filter { $0.action == .destroy && $0.address.kind == .guest }
        #expect(removed.map(\.address).sorted() == destroyed.map(\.address).sorted())
    }

    private func othersOf(_ hosts: Hosts) -> [Name: LiveHost] {
        hosts.mapValues { state in
            var live = state.live
            live.guests.removeAll { $0.definition.owner.fleet == FleetGenerator.fleet }
            live.networks.removeAll { $0.definition.owner.fleet == FleetGenerator.fleet }
            live.images.removeAll { $0.owner.fleet == FleetGenerator.fleet }
            live.leftovers.removeAll { $0.fleet == nil || $0.fleet == FleetGenerator.fleet }
            live.cache.removeAll { $0.digest != FleetGenerator.digest("base-0") }
            return live
        }
    }
}

extension Step {
    fileprivate func isOf(_ fleet: Name) -> Bool {
        switch operation {
        case .claimImage(let image), .releaseImage(let image): image.owner.fleet == fleet
        case .ensureNetwork(let network), .renameNetwork(let network, _), .removeNetwork(let network):
            network.owner.fleet == fleet
        case .defineGuest(let guest), .changeGuest(let guest, _): guest.owner.fleet == fleet
        case .renameGuest(let guest, _), .startGuest(let guest), .awaitReady(let guest, _), .stopGuest(let guest, _),
            .removeGuest(let guest, _):
            guest.fleet == fleet
        case .removeLeftover(let leftover): leftover.fleet == nil || leftover.fleet == fleet
        case .cacheFile, .fetchImage, .removeCachedFile: true
        }
    }
}
