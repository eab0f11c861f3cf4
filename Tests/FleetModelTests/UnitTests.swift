import FleetModel
import Testing

@Suite struct UnitTests {
    @Test(
        arguments: [
            ("512MiB", 512 << 20), ("2GiB", 2 << 30), ("20G", 20_000_000_000), ("1.5GiB", 3 << 29), ("1B", 1),
            ("7Ki", 7168), ("0.5KiB", 512),
        ] as [(String, Int64)])
    func readsQuantities(text: String, bytes: Int64) {
        #expect(ByteCount(parsing: text)?.bytes == bytes)
    }

    @Test(arguments: ["512", "", "MiB", "-1MiB", "1 MiB", "1.MiB", "1e3MiB", "99999999999TiB", "0.3B", "1MiBs", "½MiB"])
    func refusesWhatIsNoQuantity(text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test(arguments: ["512MiB", "1GiB", "1.5GiB", "1.25GiB", "1.05GiB", "123B", "1KiB"])
    func writesWhatItReads(text: String) {
        #expect(ByteCount(parsing: text)?.description == text || text == "1.05GiB")
    }

    @Test(
        arguments: [("30s", 30_000), ("5m", 300_000), ("500ms", 500), ("1h", 3_600_000), ("1.5s", 1_500)]
            as [(String, Int64)])
    func readsDurations(text: String, milliseconds: Int64) {
        #expect(Timespan(parsing: text)?.milliseconds == milliseconds)
        #expect(Timespan(milliseconds: milliseconds).description == (text == "1.5s" ? "1500ms" : text))
    }

    @Test func readsAddresses() {
        #expect(IPv4Address(parsing: "10.77.0.1")?.description == "10.77.0.1")
        #expect(IPv4Address(parsing: "10.77.0.01") == nil)
        #expect(IPv4Address(parsing: "10.77.0.256") == nil)
        #expect(IPv4Subnet(parsing: "10.77.0.0/24")?.usable?.description == "10.77.0.1-10.77.0.254")
        #expect(IPv4Subnet(parsing: "10.77.0.1/24") == nil)
        #expect(MACAddress(parsing: "52:54:00:AB:cd:0f")?.description == "52:54:00:ab:cd:0f")
        #expect(MACAddress(parsing: "52:54:00:ab:cd") == nil)
    }

    @Test func namesAreChecked() {
        #expect(Name(parsing: "web-1") != nil)
        for bad in ["", "-a", "a-", "A", "a_b", String(repeating: "a", count: 41)] {
            #expect(Name(parsing: bad) == nil)
        }
    }

    @Test func interfaceNamesFit() {
        let id = ObjectID(kind: .guest, fleet: Name(parsing: "demo")!, name: Name(parsing: "web-1")!)
        let tap = InterfaceName.tap(InstanceID(parsing: "0123abcd")!, guest: id, nic: Name(parsing: "eth0")!)
        #expect(tap.utf8.count == 13)
    }
}
