import FleetModel
import Planner
import SimulatedHost
import Testing

/// Plans of a part of a fleet: consistent in themselves, and no hindrance to the rest.
@Suite struct SelectionTests {
    /// Hosts on which one random fleet was applied, and the next one.
    private func stage(_ generator: inout FleetGenerator) throws -> (Hosts, DesiredFleet) {
        var hosts = generator.hosts()
        let first = generator.fleet(after: nil)
        let plan = makePlan(desired: first, hosts: observe(hosts))
        if plan.refusals.isEmpty { try perform(plan.steps, of: plan, on: &hosts) }
        for name in FleetGenerator.hostNames { generator.drift(&hosts[name]!.live) }
        return (hosts, generator.fleet(after: first))
    }

    @Test(arguments: 0..<60) func everyPartCanBeAppliedAndThenTheRest(seed: Int) throws {
        var generator = FleetGenerator(seed: 5_000 + UInt64(seed))
        var (hosts, desired) = try stage(&generator)
        let whole = makePlan(desired: desired, hosts: observe(hosts))
        guard whole.refusals.isEmpty, !whole.changes.isEmpty else { return }
        let chosen = Set((0..<2).map { _ in generator.random.pick(whole.changes).address })
        let options = generator.random.chance(50) ? PlanOptions(targets: chosen) : PlanOptions(excludes: chosen)
        let part = makePlan(desired: desired, hosts: observe(hosts), options: options)
        for address in chosen where !options.excludes.isEmpty {
            #expect(!part.changes.contains { $0.address == address })
        }
        for address in chosen where !options.targets.isEmpty {
            let wanted = whole.changes.filter { $0.address == address }
            #expect(part.changes.filter { $0.address == address } == wanted)
        }
        #expect(Set(part.changes).isSubset(of: whole.changes))
        guard part.refusals.isEmpty else { return }

        try perform(linearExtension(of: part, using: &generator.random), of: part, on: &hosts)
        #expect(makePlan(desired: desired, hosts: observe(hosts), options: options.afterApply).isEmpty)
        let rest = makePlan(desired: desired, hosts: observe(hosts))
        guard rest.refusals.isEmpty else { return }
        try perform(linearExtension(of: rest, using: &generator.random), of: rest, on: &hosts)
        #expect(makePlan(desired: desired, hosts: observe(hosts)).isEmpty)
    }

    private static let lan = FleetGenerator.network("10.9.0")

    private func fleet(_ guests: [String], memory: ByteCount = .mib(256)) -> DesiredFleet {
        DesiredFleet(
            name: FleetGenerator.fleet, hosts: [DesiredHost(name: name("alpha"))],
            networks: [DesiredNetwork(name: name("lan"), spec: Self.lan)],
            images: [
                DesiredImage(
                    name: name("base"), file: FleetGenerator.file("base-1"), format: .qcow2, virtualSize: .gib(1))
            ],
            guests: guests.map { text in
                DesiredGuest(
                    name: name(text), memory: memory,
                    disks: [DesiredDisk(name: name("root"), image: name("base"), size: .gib(1))],
                    nics: [DesiredNIC(name: name("eth0"), network: name("lan"))])
            })
    }

    private func hosts() -> Hosts {
        var generator = FleetGenerator(seed: 1)
        var hosts = generator.hosts().filter { $0.key == name("alpha") }
        hosts[name("alpha")]!.live.leftovers = []
        return hosts
    }

    private func address(_ text: String) -> ResourceAddress { ResourceAddress(parsing: text)! }

    private func addresses(_ plan: Plan) -> [String] { plan.changes.map(\.address.description) }

    @Test func aTargetBringsWhatItNeeds() {
        let plan = makePlan(
            desired: fleet(["a", "b"]), hosts: observe(hosts()), options: PlanOptions(targets: [address("guest.a")]))
        #expect(addresses(plan) == ["network.lan", "image.base", "guest.a"])
        #expect(plan.warnings.contains { $0.summary == "Resource targeting is in effect" })
        let network = makePlan(
            desired: fleet(["a", "b"]), hosts: observe(hosts()), options: PlanOptions(targets: [address("network.lan")])
        )
        #expect(addresses(network) == ["network.lan"])
        let host = makePlan(
            desired: fleet(["a", "b"]), hosts: observe(hosts()), options: PlanOptions(targets: [address("host.alpha")]))
        #expect(host.changes.count == 4)
    }

    @Test func anExclusionTakesWhatNeedsIt() throws {
        let without = makePlan(
            desired: fleet(["a", "b"]), hosts: observe(hosts()), options: PlanOptions(excludes: [address("guest.a")]))
        #expect(addresses(without) == ["network.lan", "image.base", "guest.b"])
        let none = makePlan(
            desired: fleet(["a", "b"]), hosts: observe(hosts()),
            options: PlanOptions(excludes: [address("network.lan")]))
        #expect(addresses(none) == ["image.base"])

        // A network goes only with all that is on it.
        var hosts = hosts()
        let plan = makePlan(desired: fleet(["a", "b"]), hosts: observe(hosts))
        try perform(plan.steps, of: plan, on: &hosts)
        let destroy = { (options: PlanOptions) in
            makeDestroyPlan(fleet: FleetGenerator.fleet, hosts: observe(hosts), options: options)
        }
        #expect(addresses(destroy(PlanOptions(excludes: [address("guest.a")]))) == ["guest.b"])
        #expect(
            addresses(destroy(PlanOptions(targets: [address("network.lan")])))
                == ["network.lan", "guest.a", "guest.b"])
        // An unchanged network that guests are on.
        let grown = makePlan(
            desired: fleet(["a", "b"], memory: .mib(512)), hosts: observe(hosts),
            options: PlanOptions(excludes: [address("network.lan")]))
        #expect(grown.isEmpty)
    }

    @Test func unknownAddressesAreRefusedAndSuggested() throws {
        let plan = makePlan(
            desired: fleet(["web-1"]), hosts: observe(hosts()),
            options: PlanOptions(
                targets: [address("guest.wbe-1")], excludes: [address("network.lna")],
                replacements: [address("guest.gone")]))
        #expect(plan.refusals.map(\.code) == ["unknown-address", "unknown-address", "unknown-address"])
        #expect(plan.refusals[0].help == "did you mean guest.web-1?")
        #expect(plan.refusals[0].summary.hasPrefix("--target guest.wbe-1: neither the manifests"))
        #expect(plan.capacity.isEmpty && plan.warnings.isEmpty && plan.changes.isEmpty, "the error alone")
        let reset = makePlan(
            desired: fleet(["web-1"]), hosts: observe(hosts()),
            options: PlanOptions(targets: [address("guest.db")], replacements: [address("guest.db")]))
        #expect(reset.refusals.map(\.summary) == ["neither the manifests nor the hosts have guest.db"])
        #expect(reset.refusals[0].help == "lodge status lists the guests" && reset.warnings.isEmpty)
        #expect(plan.refusals[1].help == "did you mean network.lan?")

        // What is only on the hosts has an address too, but cannot be made anew.
        var hosts = hosts()
        let first = makePlan(desired: fleet(["web-1", "old"]), hosts: observe(hosts))
        try perform(first.steps, of: first, on: &hosts)
        let removal = makePlan(
            desired: fleet(["web-1"]), hosts: observe(hosts), options: PlanOptions(targets: [address("guest.old")]))
        #expect(removal.refusals.isEmpty && addresses(removal) == ["guest.old"])
        let replacement = makePlan(
            desired: fleet(["web-1"]), hosts: observe(hosts), options: PlanOptions(replacements: [address("guest.old")])
        )
        #expect(replacement.refusals.map(\.code) == ["replace-unwanted"])
    }

    /// One guest that cannot be as it is wanted does not stand in the way of the others, and keeps its network.
    @Test func refusalsOfWhatIsLeftOutDoNotCount() throws {
        var hosts = hosts()
        let plan = makePlan(desired: fleet(["a", "b"]), hosts: observe(hosts))
        try perform(plan.steps, of: plan, on: &hosts)
        var next = fleet(["a", "b"])
        next.guests[0].accelerator = .kvm
        next.guests[0].cpuModel = "host"
        next.guests[0].host = name("beta")
        next.guests[1].memory = .mib(512)
        next.guests[1].nics = []
        next.hosts.append(DesiredHost(name: name("beta")))
        var observed = observe(hosts)
        var generator = FleetGenerator(seed: 1)
        observed[name("beta")] = observe(generator.hosts())[name("beta")]
        #expect(makePlan(desired: next, hosts: observed).refusals.map(\.code) == ["guest-move"])
        let rest = makePlan(desired: next, hosts: observed, options: PlanOptions(excludes: [address("guest.a")]))
        #expect(rest.refusals.isEmpty)
        #expect(!rest.changes.contains { $0.address == address("network.lan") }, "guest.a is still on it")
        #expect(rest.changes.contains { $0.address == address("guest.b") })
    }
}
