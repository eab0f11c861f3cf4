import CLinux
import Glibc
import SystemPackage
import Testing

@testable import Netlink

@Suite("Taps of the real kernel", .needsTun)
struct TapKernelTests {
    @Test("A tap lives as long as its descriptor")
    func lifetime() async throws {
        let (held, copied, closed) = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            let tap = try Tap.open(name: "lgt0")
            let held = try links.find(named: "lgt0")
            let copy = try tap.duplicate()
            try tap.close()
            let copied = try links.find(named: "lgt0")
            try copy.close()
            return (held, copied, try links.find(named: "lgt0"))
        }
        #expect(held?.kind == "tun")
        #expect(held?.address != nil, "a tap has an Ethernet address")
        #expect(copied != nil)
        #expect(closed == nil)
    }

    @Test("The descriptor is close-on-exec, and frames pass behind a virtio header without packet information")
    func flags() async throws {
        let (descriptorFlags, tapFlags) = try await inNetworkNamespace {
            let tap = try Tap.open(name: "lgt0")
            defer { try? tap.close() }
            return (fcntl(tap.rawValue, F_GETFD), try tunFlags("lgt0"))
        }
        #expect(descriptorFlags & FD_CLOEXEC != 0)
        #expect(tapFlags & IFF_TAP != 0)
        #expect(tapFlags & IFF_NO_PI != 0)
        #expect(tapFlags & IFF_VNET_HDR != 0)
        #expect(tapFlags & IFF_PERSIST == 0)
    }

    @Test("A name that is taken, by a tap or by anything else, is not joined")
    func takenName() async throws {
        let (tap, bridge) = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            let open = try Tap.open(name: "lgt0")
            defer { try? open.close() }
            try links.createBridge(named: "lgb0", address: LinkKernelTests.address)
            return (failure { try Tap.open(name: "lgt0") }, failure { try Tap.open(name: "lgb0") })
        }
        #expect(tap?.reason == .busy)
        #expect(bridge?.reason == .busy)
        #expect(tap?.description.hasPrefix("cannot open the tap lgt0: Device or resource busy") == true)
    }

    @Test("A tap goes into a bridge with its mark in one message, and has a carrier while it is held")
    func inBridge() async throws {
        let (bridge, port) = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            try links.createBridge(named: "lgb0", address: LinkKernelTests.address, mtu: 1400)
            let bridge = try links.find(named: "lgb0")!.index
            let tap = try Tap.open(name: "lgt0")
            defer { try? tap.close() }
            try links.configure(
                .name("lgt0"), master: .attach(to: bridge), alias: "lodge:1/demo/guest/web-1/eth0", up: true, group: 77,
                mtu: 1400)
            return (bridge, try links.list(group: 77))
        }
        #expect(port.map(\.name) == ["lgt0"])
        #expect(port.first?.master == bridge)
        #expect(port.first?.alias == "lodge:1/demo/guest/web-1/eth0")
        #expect(port.first?.mtu == 1400)
        #expect(port.first?.flags.isSuperset(of: [.up, .lowerUp]) == true)
    }
}

/// `IFF_*` flags of a tap, from its link information (`IFLA_TUN_*`).
private func tunFlags(_ name: String) throws -> Int32 {
    let answer = try NetlinkSocket().perform(LinkRequest.find(.name(name)), .findLink, name)
    let (_, attributes) = try answer[0].decode(ifinfomsg.self)
    let data = try attributes.nest(IFLA_LINKINFO)?.nest(IFLA_INFO_DATA)
    func flag(_ attribute: some BinaryInteger, _ flag: Int32) throws -> Int32 {
        try data?.integer(attribute, as: UInt8.self) == 1 ? flag : 0
    }
    let type = Int32(try data?.integer(IFLA_TUN_TYPE, as: UInt8.self) ?? 0)
    let packetInformation = try flag(IFLA_TUN_PI, IFF_NO_PI)
    return try type | (IFF_NO_PI & ~packetInformation) | flag(IFLA_TUN_VNET_HDR, IFF_VNET_HDR)
        | flag(IFLA_TUN_PERSIST, IFF_PERSIST)
}
