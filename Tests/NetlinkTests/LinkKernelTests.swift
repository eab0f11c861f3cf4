import CLinux
import SystemPackage
import Testing

@testable import Netlink

@Suite("Interfaces of the real kernel", .needsNetworkNamespace)
struct LinkKernelTests {
    static let address = HardwareAddress("52:54:00:12:34:56")!

    @Test("A new namespace has the loopback alone, and two sockets can ask")
    func emptyNamespace() async throws {
        let names = try await inNetworkNamespace {
            let (first, second) = (try NetlinkSocket(), try NetlinkSocket())
            return [try first.links.list().map(\.name), try second.links.list().map(\.name)]
        }
        #expect(names == [["lo"], ["lo"]])
    }

    @Test("A bridge is made as asked for and configured in one message")
    func bridge() async throws {
        let (created, configured, listed) = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            try links.createBridge(named: "lgb0", group: 77, address: Self.address, mtu: 1450)
            let created = try links.find(named: "lgb0")
            try links.configure(.name("lgb0"), alias: "lodge:1/demo/network/lan", up: true, group: 78)
            let configured = try created.flatMap { try links.find(index: $0.index) }
            return (created, configured, try links.list(namePrefix: "lg", group: 78).map(\.name))
        }
        let before = try #require(created)
        #expect(before.kind == "bridge")
        #expect(before.group == 77)
        #expect(before.address == Self.address)
        #expect(before.mtu == 1450)
        #expect(before.alias == nil)
        #expect(before.master == nil)
        #expect(!before.isUp)
        let after = try #require(configured)
        #expect(after.alias == "lodge:1/demo/network/lan")
        #expect(after.isUp)
        #expect(after.group == 78)
        #expect(after.mtu == 1450)
        #expect(listed == ["lgb0"])
    }

    @Test("The kernel ignores an alias at creation, honours it afterwards, and an empty one removes it")
    func aliasAtCreation() async throws {
        let aliases = try await inNetworkNamespace {
            let socket = try NetlinkSocket()
            let request = LinkRequest.createBridge(name: "lgb0", group: 0, address: Self.address, mtu: nil)
            let withAlias = RequestMessage(
                request.type, flags: Int32(request.flags), header: ifinfomsg(),
                attributes: request.attributes + [.bytes(IFLA_IFALIAS, Array("early".utf8))])
            try socket.perform(withAlias, .createBridge, "lgb0")
            let early = try socket.links.find(named: "lgb0")?.alias
            try socket.links.configure(.name("lgb0"), alias: "late")
            let late = try socket.links.find(named: "lgb0")?.alias
            try socket.links.configure(.name("lgb0"), alias: "")
            return [early, late, try socket.links.find(named: "lgb0")?.alias]
        }
        #expect(aliases == [nil, "late", nil])
    }

    @Test("An alias may have 255 bytes and no more")
    func longAlias() async throws {
        let (kept, error) = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            try links.configure(.name("lo"), alias: String(repeating: "a", count: 255))
            let kept = try links.find(named: "lo")?.alias?.utf8.count
            let error = failure { try links.configure(.name("lo"), alias: String(repeating: "a", count: 256)) }
            return (kept, error)
        }
        #expect(kept == 255)
        #expect(error?.operation == .configureLink)
        #expect(error?.errno != nil)
    }

    @Test("A taken name and a missing interface are told apart from other errors")
    func errors() async throws {
        let (taken, missing, found) = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            try links.createBridge(named: "lgb0", address: Self.address)
            return (
                failure { try links.createBridge(named: "lgb0", address: Self.address) },
                failure { try links.configure(.name("lgb1"), up: true, group: 5) },
                try links.find(named: "lgb1")
            )
        }
        #expect(taken?.reason == .alreadyExists)
        #expect(taken?.description.hasPrefix("cannot create the bridge lgb0: File exists") == true)
        #expect(missing?.reason == .notFound(.operationNotSupportedByDevice))
        #expect(found == nil)
    }

    @Test("The kernel's own explanation is in the error")
    func kernelText() async throws {
        let error = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            try links.createBridge(named: "lgb0", address: Self.address)
            try links.createBridge(named: "lgb1", address: Self.address)
            guard let first = try links.find(named: "lgb0") else { return nil as NetlinkError? }
            return failure { try links.configure(.name("lgb1"), master: .attach(to: first.index)) }
        }
        // A bridge cannot be a bridge's port: ELOOP, with a text (net/bridge/br_if.c).
        #expect(error?.reason == .refused(.tooManySymbolicLinkLevels))
        #expect(error?.kernelText?.isEmpty == false)
    }

    @Test("A port with a lower address does not change a bridge's pinned one, and can leave")
    func ports() async throws {
        let result = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            try links.createBridge(named: "lgb0", address: Self.address)
            try links.createVethPair(named: "v0", peer: "v1", group: 9)
            let bridge = try links.find(named: "lgb0")!.index
            try links.configure(
                .name("v0"), master: .attach(to: bridge), up: true, address: HardwareAddress("02:00:00:00:00:01")!)
            try links.configure(.name("v1"), up: true)
            let inside = try links.find(named: "v0")
            let pinned = try links.find(named: "lgb0")?.address
            try links.configure(.name("v0"), master: .detach)
            return (bridge, inside, pinned, try links.find(named: "v0"), try links.find(named: "v1"))
        }
        let (bridge, inside, pinned, outside, peer) = result
        #expect(inside?.kind == "veth")
        #expect(inside?.group == 9)
        #expect(peer?.group == 0)
        #expect(inside?.master == bridge)
        #expect(inside?.address?.description == "02:00:00:00:00:01")
        #expect(inside?.flags.contains(.lowerUp) == true)
        #expect(inside?.operationalState == .up)
        #expect(pinned == Self.address)
        #expect(outside != nil && outside?.master == nil)
    }

    @Test("Deleting by name, by index and by group leaves the others alone")
    func deletion() async throws {
        let (single, grouped, empty, zero) = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            for (name, group) in [("a", 0), ("b", 0), ("c", 7), ("d", 7), ("e", 8)] as [(String, UInt32)] {
                try links.createBridge(named: name, group: group, address: Self.address)
            }
            try links.delete(.name("a"))
            try links.delete(.index(links.find(named: "b")!.index))
            let single = try links.list().map(\.name)
            try links.deleteAll(inGroup: 7)
            let grouped = try links.list().map(\.name)
            return (
                single, grouped, failure { try links.deleteAll(inGroup: 7) },
                failure { try links.deleteAll(inGroup: 0) }
            )
        }
        #expect(single == ["lo", "c", "d", "e"])
        #expect(grouped == ["lo", "e"])
        #expect(empty?.reason == .notFound(.operationNotSupportedByDevice))
        #expect(zero?.reason == .notPermitted(.notPermitted))
    }

    @Test("A list longer than one datagram is whole")
    func longList() async throws {
        let names = try await inNetworkNamespace {
            let links = try NetlinkSocket().links
            for number in 0..<100 { try links.createBridge(named: "b\(number)", group: 7, address: Self.address) }
            defer { try? links.deleteAll(inGroup: 7) }
            return Set(try links.list(group: 7).map(\.name))
        }
        #expect(names == Set((0..<100).map { "b\($0)" }))
    }
}
