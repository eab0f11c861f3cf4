import FleetModel
import HostSystem
import TestSupport
import Testing

@testable import VirtualNetwork

/// The texts and bytes that are exchanged with nft, dnsmasq and the kernel.
struct NetworkValueTests {
    private let instance = InstanceID(parsing: "0a1b2c3d")!

    @Test func aReleaseMessageIsThatOfRFC2131() throws {
        let lease = LeaseFile.Lease(
            mac: MACAddress(parsing: "52:54:00:00:00:07")!, address: IPv4Address(parsing: "10.99.1.7")!,
            clientID: [1, 0x52, 0x54, 0, 0, 0, 7])
        let bytes = ReleaseMessage(lease: lease, server: IPv4Address(parsing: "10.99.1.1")!).bytes
        #expect(bytes[0..<12] == [1, 1, 6, 0, 0, 0, 0, 7, 0, 0, 0, 0])
        #expect(bytes[12..<16] == [10, 99, 1, 7])
        #expect(bytes[16..<28].allSatisfy { $0 == 0 })
        #expect(bytes[28..<34] == [0x52, 0x54, 0, 0, 0, 7])
        #expect(bytes[34..<236].allSatisfy { $0 == 0 })
        #expect(bytes[236..<240] == [99, 130, 83, 99])
        #expect(bytes[240...] == [53, 1, 7, 54, 4, 10, 99, 1, 1, 61, 7, 1, 0x52, 0x54, 0, 0, 0, 7, 255])
    }

    /// What a newer Lodge wrote is no leftover: removing it would take a network from under its guests.
    @Test func aNewerDefinitionIsAnErrorAndNoLeftover() throws {
        let folder = TemporaryFolder()
        let store = NetworkStore(layout: folder.layout, instance: instance)
        try Files.makeFolder("\(folder.layout.networksFolder)/demo/half-made")
        for stray in ["junk", "demo/junk", "No Name/x"] { try folder.write("junk", to: "state/networks/\(stray)") }
        #expect(try store.read().broken.map(\.path) == ["\(folder.layout.networksFolder)/demo/half-made"])
        let nonsense = try folder.write("{", to: "state/networks/demo/nonsense/network.json")
        let unreadable = #expect(throws: NetworkError.self) { try store.read() }
        #expect(unreadable?.reason.contains(nonsense) == true && unreadable?.advice != nil)
        try Files.remove(nonsense)
        try folder.write(#"{"schema": 3, "spec": []}"#, to: "state/networks/demo/lan/network.json")
        let error = #expect(throws: NetworkError.self) { try store.read() }
        #expect(error?.reason.contains("newer Lodge (schema 3)") == true)
    }

    @Test func aLeaseFileKeepsWhatItDoesNotKnow() {
        let text = """
            1795381278 52:54:00:00:00:07 10.99.1.7 web 01:52:54:00:00:00:07
            duid 00:01:00:01
            1795381278 52:54:00:00:00:08 10.99.1.8 * *

            """
        var file = LeaseFile(text: text)
        #expect(file.text == text)
        #expect(file.leases.map(\.clientID) == [[1, 0x52, 0x54, 0, 0, 0, 7], []])
        file.remove { $0.address == IPv4Address(parsing: "10.99.1.7")! }
        #expect(file.text == "duid 00:01:00:01\n1795381278 52:54:00:00:00:08 10.99.1.8 * *\n")
    }

    @Test func aListingIsSplitIntoItsTables() {
        let listing = """
            table inet one {
            \tcomment "lodge:0a1b2c3d/demo/network/lan#0123"
            \tchain a {
            \t}
            }
            table inet two {
            }

            """
        let tables = NFTables.blocks(listing)
        #expect(Set(tables.keys) == ["one", "two"])
        #expect(tables["two"] == "table inet two {\n}\n")
        #expect(tables["one"].flatMap(NFTables.comment) == "lodge:0a1b2c3d/demo/network/lan#0123")
        #expect(tables["two"].flatMap(NFTables.comment) == nil)
    }

    @Test(arguments: ["web", "web-1.demo.internal", "A1"]) func isAHostName(_ text: String) {
        #expect(HostName.isValid(text))
    }

    @Test(arguments: ["", "-a", "a-", "a..b", ".", "a b", "a\nb", "a_b", "ä", String(repeating: "a", count: 64)])
    func isNoHostName(_ text: String) {
        #expect(!HostName.isValid(text))
    }

    @Test func aliasesSayWhatTheyAreOf() {
        let marks = OwnershipMarks(instance: instance)
        let tap = marks.read("lodge:0a1b2c3d/demo/guest/web/eth0@0123456789ab")
        #expect(tap?.kind == .guest)
        #expect(tap?.name.text == "web")
        #expect(tap?.network?.text == "0123456789ab")
        #expect(marks.read("lodge:0a1b2c3d/demo/network/lan")?.network == nil)
        #expect(marks.read("lodge:0a1b2c3d/demo/network/lan")?.fleet.text == "demo")
        for alias in ["lodge:ffffffff/demo/network/lan", "lodge:0a1b2c3d/demo", "lodge:0a1b2c3d/demo/thing/lan", "x"] {
            #expect(marks.read(alias) == nil)
        }
    }

    @Test(arguments: ["00000000", "ffffffff", "80000000"]) func groupsAreNeitherZeroNorNegative(_ text: String) {
        let group = OwnershipMarks(instance: InstanceID(parsing: text)!).group
        #expect(group > 0 && group < 0x8000_0000)
    }

    @Test func anErrorSaysWhatWasAttemptedAndWhatToDo() {
        let error = NetworkError("make the bridge", "lgb1", "it is there", advice: "delete it")
        #expect("\(error)" == "cannot make the bridge lgb1: it is there; delete it")
    }
}
