import CLinux
import SystemPackage
import Testing

@testable import Netlink

@Suite("Requests on the wire")
struct RequestMessageTests {
    @Test("A bridge's creation")
    func createBridge() throws {
        let address = try #require(HardwareAddress("52:54:00:12:34:56"))
        let request = LinkRequest.createBridge(name: "lgb0", group: 77, address: address, mtu: 1450)
        let expected = hexBytes(
            """
            6c 00 00 00 10 00 05 06 07 00 00 00 00 00 00 00  # 108 bytes, NEWLINK, REQUEST ACK EXCL CREATE, sequence 7
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # ifinfomsg: no family, index, flags
            09 00 03 00 6c 67 62 30 00 00 00 00              # IFNAME "lgb0", NUL, 3 of padding
            0a 00 01 00 52 54 00 12 34 56 00 00              # ADDRESS, 2 of padding
            08 00 1b 00 4d 00 00 00                          # GROUP 77
            08 00 04 00 aa 05 00 00                          # MTU 1450
            24 00 12 80                                      # LINKINFO, nested
            0b 00 01 00 62 72 69 64 67 65 00 00              #   KIND "bridge"
            14 00 02 80                                      #   DATA, nested
            08 00 05 00 00 00 00 00                          #     STP_STATE off
            08 00 01 00 00 00 00 00                          #     FORWARD_DELAY 0
            """)
        #expect(request.serialised(sequence: 7) == expected)
    }

    @Test("A veth pair's creation: the peer is a header of its own with attributes")
    func createVethPair() {
        let request = LinkRequest.createVethPair(name: "v0", peer: "v1", peerNamespace: .process(258), group: 0)
        let expected = hexBytes(
            """
            68 00 00 00 10 00 05 06 01 00 00 00 00 00 00 00  # 104 bytes, NEWLINK
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
            07 00 03 00 76 30 00 00                          # IFNAME "v0"
            08 00 1b 00 00 00 00 00                          # GROUP 0
            38 00 12 80                                      # LINKINFO, nested
            09 00 01 00 76 65 74 68 00 00 00 00              #   KIND "veth"
            28 00 02 80                                      #   DATA, nested
            24 00 01 00                                      #     VETH_INFO_PEER, not marked as nested
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  #       ifinfomsg
            07 00 03 00 76 31 00 00                          #       IFNAME "v1"
            08 00 13 00 02 01 00 00                          #       NET_NS_PID 258
            """)
        #expect(request.serialised(sequence: 1) == expected)
    }

    @Test("A change of a port sends what is given, and nothing else")
    func configure() {
        let request = LinkRequest.configure(
            .index(InterfaceIndex(rawValue: 5)), master: .attach(to: InterfaceIndex(rawValue: 4)), alias: "abc",
            up: true, group: nil, mtu: nil, address: nil)
        let expected = hexBytes(
            """
            30 00 00 00 13 00 05 00 02 00 00 00 00 00 00 00  # 48 bytes, SETLINK, REQUEST ACK
            00 00 00 00 05 00 00 00 01 00 00 00 01 00 00 00  # index 5, flags UP, of which UP is to change
            08 00 0a 00 04 00 00 00                          # MASTER 4
            07 00 14 00 61 62 63 00                          # IFALIAS "abc", without a NUL: this one is padding
            """)
        #expect(request.serialised(sequence: 2) == expected)
    }

    @Test("Switching off and leaving a bridge are values, not absences")
    func configureOff() {
        let request = LinkRequest.configure(
            .name("v0"), master: .detach, alias: "", up: false, group: nil, mtu: nil, address: nil)
        let expected = hexBytes(
            """
            34 00 00 00 13 00 05 00 02 00 00 00 00 00 00 00
            00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00  # flags: UP is to change to 0
            07 00 03 00 76 30 00 00                          # IFNAME "v0"
            08 00 0a 00 00 00 00 00                          # MASTER none
            04 00 14 00                                      # IFALIAS, empty
            """)
        #expect(request.serialised(sequence: 2) == expected)
    }

    @Test("A tree's length is the length of its bytes", arguments: 0..<12)
    func lengths(valueLength: Int) {
        let leaf = Attribute.bytes(1, Array(repeating: 0xAA, count: valueLength))
        let tree = Attribute.headed(2, header: Array(repeating: 0xBB, count: valueLength), [leaf, .nest(3, [leaf])])
        var bytes: [UInt8] = []
        tree.serialise(into: &bytes)
        #expect(bytes.count == tree.paddedLength)
        #expect(Int(bytes[0]) | Int(bytes[1]) << 8 == tree.length)
        #expect(bytes.count.isMultiple(of: 4))
    }
}
