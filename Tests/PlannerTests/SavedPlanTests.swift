import FleetModel
import Planner
import SimulatedHost
import Testing

/// Saved plans against hosts that changed meanwhile, or did not.
@Suite struct SavedPlanTests {
    private static let secret = "hunter2-\u{1F511}-\"quoted\"\n"

    private func save(_ plan: Plan, hosts: [DesiredHost]) throws -> SavedPlan {
        try SavedPlan(
            sealing: plan, of: .init(purpose: .apply, manifests: ["fleet.yaml"]), hosts: hosts, lodgeVersion: "0.0.0",
            created: "2026-01-01T00:00:00Z", seal: PlanSeal(salt: "salt"))
    }

    private func live(_ hosts: Hosts) -> [Name: LiveHost] { hosts.mapValues { $0.observe() } }

    @Test(arguments: 0..<40) func everyPlanSurvivesItsFile(seed: Int) throws {
        var generator = FleetGenerator(seed: 6_000 + UInt64(seed))
        var hosts = generator.hosts()
        var previous: DesiredFleet?
        var saved = 0
        for _ in 0..<5 {
            var desired = generator.fleet(after: previous)
            for index in desired.guests.indices where desired.guests[index].cloudInit != nil {
                desired.guests[index].cloudInit?.userData = Self.secret
                // Its plain text may be what the guest has from an earlier manifest.
                if generator.random.chance(70) {
                    desired.guests[index].secrets = ["cloudInit.userData": .environment("USER_DATA")]
                }
            }
            let plan = makePlan(desired: desired, hosts: observe(hosts))
            guard plan.refusals.isEmpty else { continue }
            let file = try save(plan, hosts: desired.hosts)
            let text = PlanFile.text(of: file)
            let read = try PlanFile.read(text)
            #expect(read == file)
            #expect(PlanFile.text(of: read) == text)
            let digest = file.inputs.seal.digest(of: Self.secret)
            let unsealed = try read.unsealed([digest: Self.secret])
            #expect(unsealed.steps == plan.steps)
            #expect(unsealed.capacity == plan.capacity && unsealed.policies == plan.policies)

            #expect(checkSavedPlan(read, hosts: live(hosts)) == [])
            if !plan.isEmpty { #expect(!findUnmet(read, hosts: observe(hosts)).isEmpty) }
            try perform(linearExtension(of: unsealed, using: &generator.random), of: unsealed, on: &hosts)
            #expect(findUnmet(read, hosts: observe(hosts)) == [])
            #expect(makePlan(desired: desired, hosts: observe(hosts)).isEmpty)
            if !plan.isEmpty { #expect(checkSavedPlan(read, hosts: live(hosts)).map(\.code) == ["plan-applied"]) }
            previous = desired
            saved += 1
        }
        #expect(saved >= 1)
    }

    /// A scene of two guests of which the plan changes one.
    private struct Scene {
        var hosts: Hosts
        let fleet: DesiredFleet
        var saved: SavedPlan

        init(secret: String? = nil) throws {
            var generator = FleetGenerator(seed: 1)
            hosts = generator.hosts().filter { $0.key == name("alpha") }
            var fleet = DesiredFleet(
                name: FleetGenerator.fleet, hosts: [DesiredHost(name: name("alpha"))],
                networks: [
                    DesiredNetwork(name: name("lan"), spec: FleetGenerator.network("10.9.0")),
                    DesiredNetwork(name: name("lab"), spec: FleetGenerator.network("10.8.0")),
                ], images: [],
                guests: ["a", "b"].map { text in
                    DesiredGuest(
                        name: name(text), memory: .mib(256),
                        boot: .kernel(FleetGenerator.file("kernel"), initrd: nil, cmdline: ""),
                        nics: [DesiredNIC(name: name("eth0"), network: name(text == "a" ? "lan" : "lab"))],
                        cloudInit: secret.map { CloudInit(userData: $0) },
                        secrets: secret == nil ? [:] : ["cloudInit.userData": .file("/run/secret")])
                })
            let first = makePlan(desired: fleet, hosts: observe(hosts))
            try perform(first.steps, of: first, on: &hosts)
            fleet.guests[0].memory = .gib(1)
            self.fleet = fleet
            saved = try Self.save(fleet, on: hosts)
        }

        private static func save(_ fleet: DesiredFleet, on hosts: Hosts) throws -> SavedPlan {
            try SavedPlan(
                sealing: makePlan(desired: fleet, hosts: observe(hosts)),
                of: .init(purpose: .apply, manifests: []), hosts: fleet.hosts, lodgeVersion: "0.0.0",
                created: "2026-01-01T00:00:00Z", seal: PlanSeal(salt: "salt"))
        }

        /// The same change, planned for the hosts as they are.
        func saveAgain() throws -> SavedPlan { try Self.save(fleet, on: hosts) }

        mutating func change(_ text: String, _ body: (inout LiveGuest) -> Void) {
            let guests = hosts[name("alpha")]!.live.guests
            let index = guests.firstIndex { $0.definition.name.text == text }!
            body(&hosts[name("alpha")]!.live.guests[index])
        }

        mutating func changeNetwork(_ text: String, _ body: (inout LiveNetwork) -> Void) {
            let networks = hosts[name("alpha")]!.live.networks
            let index = networks.firstIndex {
                $0.definition.owner.fleet == FleetGenerator.fleet && $0.definition.name.text == text
            }!
            body(&hosts[name("alpha")]!.live.networks[index])
        }

        var refusals: [Diagnostic] { checkSavedPlan(saved, hosts: hosts.mapValues { $0.observe() }) }
    }

    @Test func relatedDriftIsNamedAndUnrelatedDriftDoesNotMatter() throws {
        var scene = try Scene()
        #expect(scene.refusals == [])
        scene.change("b") { guest in
            guest.state = .stopped
            guest.process = nil
        }
        scene.changeNetwork("lab") { $0.defects = [.dhcpNotRunning] }
        scene.changeNetwork("lan") { $0.defects = [.guestDetached] }
        #expect(scene.refusals == [])

        var stopped = scene
        stopped.change("a") { guest in
            guest.state = .stopped
            guest.process = nil
        }
        #expect(stopped.refusals.map(\.summary) == ["guest.a on host alpha has changed since the plan was made"])
        #expect(stopped.refusals.first?.detail == "it is not running")

        var changed = scene
        changed.change("a") { $0.definition.spec.cpus = 4 }
        #expect(changed.refusals.first?.detail?.contains("cpus is 4, and not 1") == true)

        var gone = scene
        gone.hosts[name("alpha")]!.live.guests.removeAll { $0.definition.name.text == "a" }
        #expect(gone.refusals.first?.detail == "it is gone")
    }

    @Test func whatAGuestNeedsToComeUpHasToBeThere() throws {
        let scene = try Scene()
        for (defects, clause) in [
            ([LiveNetwork.Defect.bridgeMissing], "its bridge is missing\n"),
            ([.addressMissing, .dhcpNotRunning], "its bridge lacks the gateway's address\nits DHCP"),
        ] {
            var broken = scene
            broken.changeNetwork("lan") { $0.defects = defects }
            let refusal = try #require(broken.refusals.first)
            #expect(broken.refusals.count == 1 && refusal.code == "plan-stale")
            #expect(refusal.summary.hasPrefix("network.lan on host alpha has changed since the plan was made"))
            #expect(refusal.detail?.hasPrefix(clause) == true && refusal.detail?.hasSuffix("needed by guest.a") == true)
        }
        var changed = scene
        changed.changeNetwork("lan") { $0.definition.spec.mode = .isolated }
        #expect(changed.refusals.first?.detail == "its definition is another one\nneeded by guest.a")
        var gone = scene
        gone.hosts[name("alpha")]!.live.networks.removeAll { $0.definition.owner.fleet == FleetGenerator.fleet }
        #expect(gone.refusals.first?.detail == "it is gone\nneeded by guest.a")
        var uncached = scene
        uncached.hosts[name("alpha")]!.live.cache = []
        #expect(uncached.refusals.map(\.code) == ["plan-stale"])
        #expect(uncached.refusals.first?.detail?.contains("is missing from the cache\nneeded by guest.a") == true)
        var unequipped = scene
        unequipped.hosts[name("alpha")]!.live.facts.qemuVersion = nil
        #expect(unequipped.refusals.first?.detail == "QEMU is not installed any more\nneeded by guest.a")
    }

    /// What was broken when the plan was made, and what the plan mends, is no reason to refuse it.
    @Test func whatThePlanPreparesNeedNotBeThere() throws {
        var scene = try Scene()
        scene.changeNetwork("lan") { $0.defects = [.dhcpNotRunning] }
        let saved = try scene.saveAgain()
        #expect(saved.plan.steps.contains { $0.verb == "update" && $0.address.kind == .network })
        scene.changeNetwork("lan") { $0.defects = [.bridgeMissing] }
        #expect(checkSavedPlan(saved, hosts: live(scene.hosts)) == [])
    }

    @Test func aChangedSecretIsSeenAndNotShown() throws {
        var scene = try Scene(secret: "old-marker")
        #expect(scene.refusals == [])
        scene.change("a") { $0.definition.spec.cloudInit?.userData = "new-marker" }
        #expect(scene.refusals.first?.detail?.contains("cloudInit.userData has changed") == true)
        #expect(!"\(scene.refusals)".contains("marker"))
        let text = String(decoding: PlanFile.text(of: scene.saved), as: UTF8.self)
        #expect(!text.contains("marker") && text.contains("/run/secret"))
    }

    @Test func aPlanThatNoLongerFitsIsRefused() throws {
        var scene = try Scene()
        scene.hosts[name("alpha")]!.live.strangers.append(
            StrangerProcess(pid: 5, name: "other", memory: .gib(7), cpus: 1))
        #expect(scene.refusals.map(\.code) == ["capacity-memory"])
        #expect(scene.refusals.first?.summary.contains("host.alpha has no room for this plan any more") == true)
    }

    @Test func aRefusedImpactIsRefusedForSavedPlansToo() throws {
        let scene = try Scene()
        #expect(limitImpact(of: scene.saved.plan, to: .restart) == [])
        let refusals = limitImpact(of: scene.saved.plan, to: .live)
        #expect(refusals.map(\.code) == ["max-impact"])
        #expect(
            refusals.first?.summary.hasPrefix("guest.a: this plan would restart it (memory = ") == true, "\(refusals)")
        #expect(
            refusals.first?.help == "apply without --max-impact, or with --max-impact restart, or plan again")
    }

    /// An empty state folder has another identity at each command, until something bears it.
    @Test func identitiesOfEmptyStateFoldersDoNotMatter() throws {
        var generator = FleetGenerator(seed: 1)
        var state = generator.hosts()[name("alpha")]!
        state.live.guests = []
        state.live.networks = []
        state.live.images = []
        state.live.cache = []
        let desired = DesiredFleet(
            name: FleetGenerator.fleet, hosts: [DesiredHost(name: name("alpha"))],
            networks: [DesiredNetwork(name: name("lan"), spec: FleetGenerator.network("10.9.0"))], images: [],
            guests: [
                DesiredGuest(
                    name: name("a"), memory: .mib(256),
                    boot: .kernel(FleetGenerator.file("kernel"), initrd: nil, cmdline: ""),
                    nics: [DesiredNIC(name: name("eth0"), network: name("lan"))])
            ])
        let saved = try save(
            makePlan(desired: desired, hosts: [name("alpha"): .observed(state.live)]), hosts: desired.hosts)
        state.live.facts.instance = InstanceID(parsing: "ffffffff")!
        let (settled, refusals) = settleInstances(of: saved, hosts: [name("alpha"): state.live])
        #expect(refusals == [] && settled.plan.instance(on: name("alpha")) == state.live.facts.instance)
        #expect(checkSavedPlan(settled, hosts: [name("alpha"): state.live]) == [])

        let scene = try Scene()
        var other = scene.hosts.mapValues { $0.observe() }
        other[name("alpha")]!.facts.instance = InstanceID(parsing: "ffffffff")!
        #expect(settleInstances(of: scene.saved, hosts: other).refusals.map(\.code) == ["plan-other-folder"])
    }
}
