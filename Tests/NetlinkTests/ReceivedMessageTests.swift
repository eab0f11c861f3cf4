import CLinux
import SystemPackage
import Testing

@testable import Netlink

@Suite("Replies on the wire")
struct ReceivedMessageTests {
    /// A tap in a bridge, in the form in which the kernel lists it.
    static let tap = hexBytes(
        """
        80 00 00 00 10 00 02 00 03 00 00 00 d2 04 00 00  # 128 bytes, NEWLINK, MULTI, sequence 3, port id 1234
        00 00 01 00 09 00 00 00 43 10 01 00 00 00 00 00  # Ethernet, index 9, UP BROADCAST RUNNING MULTICAST LOWER_UP
        09 00 03 00 6c 67 74 39 00 00 00 00              # IFNAME "lgt9"
        05 00 10 00 06 00 00 00                          # OPERSTATE up
        08 00 04 00 dc 05 00 00                          # MTU 1500
        08 00 1b 00 4d 00 00 00                          # GROUP 77
        08 00 0a 00 04 00 00 00                          # MASTER 4
        0a 00 01 00 52 54 00 ab cd ef 00 00              # ADDRESS
        11 00 14 00 6c 6f 64 67 65 3a 61 2f 62 20 c3 bc 00 00 00 00  # IFALIAS "lodge:a/b ü"
        10 00 12 00 08 00 01 00 74 75 6e 00 04 00 02 00  # LINKINFO {KIND "tun", DATA {}}
        04 00 ff 7f                                      # an attribute of a later kernel
        """)

    @Test func aLink() throws {
        let messages = try ReceivedMessage.split(Self.tap[...])
        #expect(messages.map(\.sequence) == [3])
        let link = try Link(#require(messages.first))
        #expect(link.index == InterfaceIndex(rawValue: 9))
        #expect(link.name == "lgt9")
        #expect(link.kind == "tun")
        #expect(link.alias == "lodge:a/b ü")
        #expect(link.group == 77)
        #expect(link.master == InterfaceIndex(rawValue: 4))
        #expect(link.flags.isSuperset(of: [.up, .running, .lowerUp]))
        #expect(link.isUp)
        #expect(link.operationalState == .up)
        #expect(link.mtu == 1500)
        #expect(link.address?.description == "52:54:00:ab:cd:ef")
    }

    @Test("A point-to-point address is the local side's")
    func anAddress() throws {
        let bytes = hexBytes(
            """
            28 00 00 00 14 00 02 00 01 00 00 00 00 00 00 00  # 40 bytes, NEWADDR
            02 18 80 00 07 00 00 00                          # INET, prefix 24, index 7
            08 00 01 00 0a 00 00 02                          # IFA_ADDRESS 10.0.0.2
            08 00 02 00 0a 00 00 01                          # IFA_LOCAL 10.0.0.1
            """)
        let address = try InterfaceAddress(#require(ReceivedMessage.split(bytes[...]).first))
        #expect(address.interface.rawValue == 7)
        #expect(address.prefix.description == "10.0.0.1/24")
    }

    @Test("A route's table is the attribute's where it is over 255")
    func aRoute() throws {
        let bytes = hexBytes(
            """
            34 00 00 00 18 00 02 00 01 00 00 00 00 00 00 00  # 52 bytes, NEWROUTE
            02 10 00 00 fc 03 00 01 00 00 00 00              # INET, prefix 16, table 252 (see attribute)
            08 00 0f 00 e8 03 00 00                          # RTA_TABLE 1000
            08 00 01 00 0a 07 00 00                          # RTA_DST 10.7.0.0
            08 00 04 00 03 00 00 00                          # RTA_OIF 3
            """)
        let route = try RouteEntry(#require(ReceivedMessage.split(bytes[...]).first))
        #expect(route.destination.description == "10.7.0.0/16")
        #expect(route.outputInterface?.rawValue == 3)
        #expect(route.gateway == nil)
        #expect(route.table == 1000)
    }

    @Test(
        "An error carries the kernel's words, whether or not the request comes back with it", arguments: [true, false])
    func anError(capped: Bool) throws {
        let text = "6e 6f 20 77 61 79 00 00"  // "no way", NUL, padding
        let bytes = hexBytes(
            capped
                ? """
                30 00 00 00 02 00 00 03 01 00 00 00 00 00 00 00  # 48 bytes, ERROR, CAPPED ACK_TLVS
                ef ff ff ff                                      # -17: EEXIST
                40 00 00 00 10 00 05 06 01 00 00 00 00 00 00 00  # the request's header alone
                0b 00 01 00 \(text)                              # NLMSGERR_ATTR_MSG
                """
                : """
                34 00 00 00 02 00 00 02 01 00 00 00 00 00 00 00  # 52 bytes, ERROR, ACK_TLVS
                ef ff ff ff
                14 00 00 00 10 00 05 06 01 00 00 00 00 00 00 00  # the request, 20 bytes
                de ad be ef
                0b 00 01 00 \(text)
                """)
        let message = try #require(ReceivedMessage.split(bytes[...]).first)
        let end = try #require(try Acknowledgement(message))
        #expect(end.errno == .fileExists)
        #expect(end.text == "no way")
    }

    @Test("A number that is no error is not taken for one", arguments: [1, -4096, Int32.min])
    func errorNumbers(code: Int32) {
        let bytes = ScriptedKernel.done(sequence: 1, code: code)
        #expect(throws: MalformedMessage.self) { try Acknowledgement(ReceivedMessage.split(bytes[...])[0]) }
    }
}
