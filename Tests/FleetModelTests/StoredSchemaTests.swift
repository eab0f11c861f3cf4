import FleetModel
import Foundation
import HostSystem
import JSONCoding
import Testing

/// What an earlier Lodge left on a host: `Stored/schema-1` was written by one.
@Suite struct StoredSchemaTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().path() + "Stored/"

    private func old<Value: Versioned>(_ type: Value.Type, _ file: String) throws -> Value {
        try JSONFile.read(type, from: "\(Self.folder)schema-1/\(file).json")
    }

    @Test func aGuestOfSchema1HasNoRoomAndNoProtection() throws {
        let guest = try old(GuestDefinition.self, "guest")
        #expect(guest.schema == GuestDefinition.currentSchema)
        #expect(guest.name.text == "web")
        let spec = guest.spec
        #expect((spec.cpus, spec.maxCPUs) == (2, 2))
        #expect((spec.memory, spec.maxMemory) == (.mib(512), .mib(512)))
        #expect(!spec.isProtected)
        #expect(spec.secrets.isEmpty)
        #expect(spec.disks.map(\.onRemove) == [.keep, .keep])
        #expect(spec.disks.allSatisfy { $0.iops == nil && $0.bandwidth == nil })
        #expect(spec.nics.allSatisfy { $0.bandwidth == nil })
        #expect(spec.cloudInit?.onChange == .ignore)
        #expect(spec.cloudInit?.users.map(\.name) == ["ada"])
        #expect(spec.boot?.cmdline == "console=ttyS0 \"quoted\"")
    }

    @Test func aGuestOfSchema2HasNothingLeftToDelete() throws {
        let path = "\(Self.folder)schema-2/guest.json"
        let guest = try JSONFile.read(GuestDefinition.self, from: path)
        #expect(guest.schema == GuestDefinition.currentSchema)
        #expect(guest.doomedDisks.isEmpty && guest.pendingDisks.map(\.text) == ["data"])
        #expect(guest.spec.disks.map(\.onRemove) == [.keep, .delete])
        #expect(guest.spec.maxCPUs == 4)
    }

    @Test func aProcessOfSchema1WasStartedWithTheMemoryItHas() throws {
        let process = try old(RunningGuest.self, "running")
        #expect(process.bootMemory == .mib(512))
        #expect(process.spec == (try old(GuestDefinition.self, "guest").spec))
        #expect(process.schema == RunningGuest.currentSchema)
    }

    @Test func aNetworkOfSchema1HasTheDefaults() throws {
        let network = try old(NetworkDefinition.self, "network")
        #expect(network.spec.mtu == 1_500)
        #expect(network.spec.filter == NetworkFilter(spoofing: .deny, betweenGuests: .allow))
        #expect(network.spec.domain == "demo.lodge")
        #expect(network.schema == NetworkDefinition.currentSchema)
    }

    @Test func aClaimOfSchema1IsWhatItWas() throws {
        #expect(try old(ImageDefinition.self, "image").name.text == "base")
    }

    @Test func aSimulatedHostOfSchema1IsReadWhole() throws {
        let host = try old(HostSnapshot.self, "simulated-host").host
        #expect(host.guests.map(\.definition.name.text).sorted() == ["idle", "web"])
        let web = try #require(host.guests.first { $0.definition.name.text == "web" })
        #expect(web.definition == (try old(GuestDefinition.self, "guest")))
        #expect(web.process == (try old(RunningGuest.self, "running")))
        #expect(web.keptDisks.isEmpty && web.defects.isEmpty && web.freePorts == nil)
        #expect(host.networks.map(\.definition) == [try old(NetworkDefinition.self, "network")])
        #expect(host.images == [try old(ImageDefinition.self, "image")])
    }

    /// What is written is of the current schema, and read as it was.
    @Test func whatWasUpgradedIsWrittenInTheNewSchema() throws {
        let path = FileManager.default.temporaryDirectory.path() + "/stored-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let snapshot = try old(HostSnapshot.self, "simulated-host")
        try JSONFile.writeCompact(snapshot, to: path)
        #expect(try JSONFile.read(HostSnapshot.self, from: path).host == snapshot.host)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("\"bootMemory\""))
        #expect(text.contains("\"schema\":4"))

        let guest = try old(GuestDefinition.self, "guest")
        try JSONFile.write(guest, to: path)
        #expect(try JSONFile.read(GuestDefinition.self, from: path) == guest)
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("\"schema\" : 4"))
    }

    @Test func everyUpgradeLeadsToTheNextSchema() {
        #expect(GuestDefinition.upgrades.count == GuestDefinition.currentSchema - 1)
        #expect(RunningGuest.upgrades.count == RunningGuest.currentSchema - 1)
        #expect(NetworkDefinition.upgrades.count == NetworkDefinition.currentSchema - 1)
        #expect(ImageDefinition.upgrades.count == ImageDefinition.currentSchema - 1)
        #expect(HostSnapshot.upgrades.count == HostSnapshot.currentSchema - 1)
    }

    @Test func aNewerSchemaIsNamed() throws {
        let path = FileManager.default.temporaryDirectory.path() + "/newer-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(#"{"schema":5,"spec":"quite different"}"#.utf8).write(to: URL(filePath: path))
        let error = #expect(throws: JSONFile.Failure.self) { try JSONFile.read(GuestDefinition.self, from: path) }
        #expect(
            error?.description
                == "\(path) was written by a newer Lodge (schema 5); use that version or a later one")
    }
}
