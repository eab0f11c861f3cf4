import FleetModel
import Planner
import Testing

/// What a plan says of why something changes: where it was set, and which other object brings it.
@Suite struct ChangeCauseTests {
    @Test func fieldsSayWhereTheyAreSet() throws {
        var fleet = try GuestFleet()
        func at(_ line: Int) -> SourceRange { SourceRange(file: "fleet.yaml", line: line, column: 1) }
        fleet.guest.origins = [
            FieldOrigin(path: "memory", range: at(3)), FieldOrigin(path: "disks", range: at(5)),
            FieldOrigin(path: "disks.root", range: at(6)), FieldOrigin(path: "disks.root.size", range: at(7)),
        ]
        fleet.guest.memory = .mib(512)
        fleet.guest.disks[0].size = .gib(4)
        fleet.guest.disks.removeLast()
        fleet.guest.cpus = 1
        #expect(try fleet.field("memory").origin == at(3))
        #expect(try fleet.field("disks.root.size").origin == at(7))
        #expect(try fleet.field("disks.data").origin == at(5))
        #expect(try fleet.field("cpus").origin == nil)
    }

    @Test func fieldsOfNetworksAndImagesSayWhereTheyAreSet() throws {
        var fleet = try GuestFleet()
        func at(_ line: Int) -> SourceRange { SourceRange(file: "lan.yaml", line: line, column: 1) }
        fleet.desired.networks[0].formerly = name("lan")
        fleet.desired.networks[0].name = name("inner")
        fleet.guest.nics[0].network = name("inner")
        fleet.desired.networks[0].spec.mtu = 9_000
        fleet.desired.networks[0].spec.domain = "demo"
        fleet.desired.networks[0].origins = [
            FieldOrigin(path: "name", range: at(2)), FieldOrigin(path: "mtu", range: at(4)),
        ]
        fleet.desired.images[0].file = FleetGenerator.file("base-1")
        fleet.desired.images[0].virtualSize = .gib(2)
        fleet.desired.images[0].origins = [
            FieldOrigin(path: "source", range: at(8)), FieldOrigin(path: "sha256", range: at(9)),
        ]
        let changes = fleet.plan().changes
        func origins(_ kind: Kind) throws -> [String: SourceRange?] {
            let change = try #require(changes.first { $0.address.kind == kind })
            return Dictionary(uniqueKeysWithValues: change.fields.map { ($0.path, $0.origin) })
        }
        #expect(try origins(.network) == ["name": at(2), "mtu": at(4), "dns.domain": nil])
        #expect(try origins(.image) == ["sha256": at(9), "virtualSize": at(8)])
    }

    @Test func aGuestIsMadeAnewOnRequest() throws {
        var fleet = try GuestFleet()
        let options = PlanOptions(replacements: [ResourceAddress(.guest, name("web"))])
        let change = try fleet.change(options)
        #expect(change.action == .replace && change.impact == .replace)
        #expect(change.causes == ["requested by --replace"] && change.isRequested)
        let made = fleet.plan(options).steps.compactMap { step -> [Name]? in
            if case .defineGuest(let definition) = step.operation { definition.pendingDisks } else { nil }
        }
        #expect(made == [[name("root")]])
        try fleet.apply(options)
    }

    @Test func aReaddressedNetworkIsTheOnlyCause() throws {
        var fleet = try GuestFleet()
        fleet.desired.networks[0].spec = FleetGenerator.network("10.9.0")
        #expect(try fleet.change().causes == ["only because network.lan changes its subnet"])
        fleet.guest.cpuModel = "Nehalem"
        #expect(try fleet.change().causes == ["network.lan changes its subnet"])
    }

    @Test func aNetworkThatTakesAnothersPlaceIsTheOnlyCause() throws {
        var fleet = try GuestFleet()
        fleet.desired.networks[0].name = name("inner")
        fleet.guest.nics[0].network = name("inner")
        let change = try fleet.change()
        #expect(change.causes == ["only because network.inner takes the place of network.lan"])
        #expect(change.impact == .restart)
        try fleet.apply()
    }

    /// As where its definition was lost: the network that is made then is another one to the guest.
    @Test func aReplacedNetworkIsTheOnlyCause() throws {
        var fleet = try GuestFleet()
        let lost = ObjectID(kind: .network, fleet: name("demo"), name: name("lost"))
        fleet.live.definition.spec.nics[0].networkID = lost
        fleet.live.process?.spec.nics[0].networkID = lost
        let change = try fleet.change()
        #expect(change.causes == ["only because network.lan is replaced"])
        #expect(Set(change.fields.map(\.path)).isSubset(of: ["nics.eth0.network", "nics.eth0.ipv4"]))
        #expect(change.impact == .live)
        fleet.guest.labels = ["tier": "web"]
        #expect(try fleet.change().causes == ["network.lan is replaced"])
        try fleet.apply()
    }

    @Test func aChangedImageIsTheOnlyCause() throws {
        var fleet = try GuestFleet()
        fleet.desired.images[0].file = FleetGenerator.file("base-1")
        // What interrupts nothing makes no difference.
        fleet.guest.labels = ["tier": "web"]
        let change = try fleet.change()
        #expect(change.action == .replace && change.causes == ["only because image.base changes its content"])
        #expect(!change.isRequested)
        let options = PlanOptions(replacements: [ResourceAddress(.guest, name("web"))])
        #expect(
            Set(try fleet.change(options).causes) == ["image.base changes its content", "requested by --replace"])
        var other = fleet
        other.guest.cpuModel = "Nehalem"
        #expect(try other.change().causes == ["image.base changes its content"])
        try fleet.apply()
    }
}
