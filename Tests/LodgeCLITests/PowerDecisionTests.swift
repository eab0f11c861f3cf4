import FleetModel
import Testing

@testable import LodgeCLI

/// What is decided about a guest's power, and which guest was meant.
@Suite struct PowerDecisionTests {
    private let host = Scenario.appliedHost.live
    private var guest: LiveGuest { host.guests.first { $0.definition.name.text == "web-1" }! }

    private func verbs(_ wish: PowerWish, _ guest: LiveGuest, _ live: LiveHost? = nil) -> [String]? {
        guard case .operations(let operations) = decidePower(wish, guest, on: live ?? host, HostPolicy()) else {
            return nil
        }
        return operations.map(\.verb)
    }

    private func refusal(_ wish: PowerWish, _ guest: LiveGuest, _ live: LiveHost? = nil) -> String? {
        guard case .refused(let why) = decidePower(wish, guest, on: live ?? host, HostPolicy()) else { return nil }
        return why.summary
    }

    @Test func whatIsDoneDependsOnWhatRuns() throws {
        var stopped = guest
        (stopped.state, stopped.process) = (.stopped, nil)
        var halted = guest
        halted.state = .halted("paused")
        #expect(verbs(.start, stopped) == ["start"])
        #expect(verbs(.restart(grace: nil), stopped) == ["start"])
        #expect(verbs(.restart(grace: nil), guest) == ["stop", "start"])
        #expect(verbs(.restart(grace: nil), halted) == ["stop", "start"])
        #expect(verbs(.stop(grace: nil), halted) == ["stop"])
        #expect(verbs(.start, guest) == nil && verbs(.stop(grace: nil), stopped) == nil)
        #expect(try #require(refusal(.start, halted)).contains("does not execute (paused)"))

        func grace(_ wish: PowerWish) -> Timespan? {
            guard case .operations(let operations) = decidePower(wish, guest, on: host, HostPolicy()),
                case .stopGuest(_, let grace) = operations.first?.operation
            else { return nil }
            return grace
        }
        #expect(grace(.stop(grace: nil)) == guest.definition.spec.stopGrace)
        #expect(grace(.restart(grace: .seconds(0))) == .seconds(0))
    }

    @Test func whatOnlyAnApplyMendsIsRefused() throws {
        var live = host
        live.networks[0].defects = [.bridgeMissing, .rulesMissing]
        #expect(try #require(refusal(.restart(grace: nil), guest, live)).contains("its bridge is missing"))
        live.networks = []
        #expect(try #require(refusal(.restart(grace: nil), guest, live)).contains("is not there"))
        #expect(verbs(.stop(grace: nil), guest, live) == ["stop"])
        var torn = guest
        torn.missingDisks = [torn.definition.spec.disks[0].name]
        #expect(try #require(refusal(.restart(grace: nil), torn)).contains("the file of disk"))
        live = host
        live.strangers = [StrangerProcess(pid: 1, name: "other", memory: live.facts.memory, cpus: 1)]
        #expect(try #require(refusal(.restart(grace: nil), guest, live)).contains("does not fit"))
    }

    @Test func aNameIsFoundInItsFleet() throws {
        var other = guest
        other.definition.owner = Owner(
            instance: other.definition.owner.instance, fleet: Name(parsing: "other")!)
        var live = host
        live.guests.append(other)
        let local = Name(parsing: "local")!
        let observed: [Name: HostObservation] = [local: .observed(live)]
        let fleet = guest.definition.owner.fleet
        func find(_ wanted: String, in fleet: DesiredFleet? = nil) throws -> Name {
            try findGuest(wanted, declared: fleet, in: observed).guest.definition.owner.fleet
        }
        #expect(try find("other/web-1").text == "other")
        #expect(try find("web-1", in: Scenario.desired) == fleet)
        #expect(try find("guest.web-1", in: Scenario.desired) == fleet)
        let ambiguous = #expect(throws: UnknownGuest.self) { try find("web-1") }
        #expect(ambiguous?.why.summary.contains("other/web-1 on host local") == true)
        let unknown = #expect(throws: UnknownGuest.self) { try find("fremd/web-1") }
        #expect(unknown?.why.detail?.contains("\(fleet)/web-1") == true)
        #expect(throws: UnknownGuest.self) { try findGuest("web-1", declared: nil, in: [:]) }
    }
}
