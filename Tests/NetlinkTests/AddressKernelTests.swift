import CLinux
import Glibc
import SystemPackage
import Testing

@testable import Netlink

@Suite("Addresses, routes and neighbours of the real kernel", .needsNetworkNamespace)
struct AddressKernelTests {
    static let gateway = InternetPrefix("10.77.0.1/24")!

    @Test("An address is added once, listed for its interface alone, and deleted once")
    func addresses() async throws {
        let result = try await inNetworkNamespace {
            let socket = try NetlinkSocket()
            let (bridge, loopback) = (try makeBridge(socket), try socket.links.find(named: "lo")!.index)
            try socket.addresses.add(Self.gateway, to: bridge)
            let again = failure { try socket.addresses.add(Self.gateway, to: bridge) }
            let here = try socket.addresses.list(on: bridge)
            let there = try socket.addresses.list(on: loopback)
            let all = try socket.addresses.list()
            try socket.addresses.delete(Self.gateway, from: bridge)
            let gone = failure { try socket.addresses.delete(Self.gateway, from: bridge) }
            return (bridge: bridge, again: again, here: here, there: there, all: all, gone: gone)
        }
        #expect(result.again?.reason == .alreadyExists)
        #expect(result.here.map(\.prefix) == [Self.gateway])
        #expect(result.here.map(\.interface) == [result.bridge])
        #expect(result.all == result.here)
        #expect(result.there.isEmpty)
        #expect(result.gone?.reason == .notFound(.addressNotAvailable))
    }

    @Test("An interface that is not there")
    func missingInterface() async throws {
        let (add, list) = try await inNetworkNamespace {
            let addresses = try NetlinkSocket().addresses
            let nowhere = InterfaceIndex(rawValue: 4711)
            return (
                failure { try addresses.add(Self.gateway, to: nowhere) }, failure { try addresses.list(on: nowhere) }
            )
        }
        #expect(add?.reason == .notFound(.operationNotSupportedByDevice))
        #expect(list?.reason == .notFound(.operationNotSupportedByDevice))
    }

    @Test("The main table has the network of an address and a default route, and not the local table's entries")
    func routes() async throws {
        let (empty, bridge, routes) = try await inNetworkNamespace {
            let socket = try NetlinkSocket()
            let empty = try socket.routes.list()
            let bridge = try makeBridge(socket)
            try socket.addresses.add(Self.gateway, to: bridge)
            var header = rtmsg()
            header.rtm_family = UInt8(AF_INET)
            header.rtm_table = UInt8(RT_TABLE_MAIN.rawValue)
            header.rtm_protocol = UInt8(RTPROT_STATIC)
            header.rtm_type = UInt8(RTN_UNICAST)
            let request = RequestMessage(
                RTM_NEWROUTE, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, header: header,
                attributes: [.bytes(RTA_GATEWAY.rawValue, [10, 77, 0, 254])])
            try socket.perform(request, .listRoutes, "default route")
            return (empty, bridge, try socket.routes.list())
        }
        #expect(empty.isEmpty)
        #expect(routes.map(\.destination.description).sorted() == ["0.0.0.0/0", "10.77.0.0/24"])
        #expect(routes.allSatisfy { $0.outputInterface == bridge })
        let defaultRoute = try #require(routes.first { $0.destination.length == 0 })
        #expect(defaultRoute.gateway?.description == "10.77.0.254")
        #expect(routes.first { $0.destination.length == 24 }?.gateway == nil)
    }

    @Test("A neighbour is learned over a cable between two namespaces, and forgotten on request")
    func neighbours() async throws {
        let far = HardwareAddress("52:54:00:00:00:02")!
        let result = try await inNetworkNamespace {
            let farSocket = try NetlinkSocket()
            let farNamespace = try FileDescriptor.open("/proc/thread-self/ns/net", .readOnly, options: .closeOnExec)
            defer { try? farNamespace.close() }
            try enterNewNetworkNamespace()
            let socket = try NetlinkSocket()
            try socket.links.createVethPair(named: "v0", peer: "v1", peerNamespace: .descriptor(farNamespace))
            let farEnd = try farSocket.links.find(named: "v1")!.index
            try farSocket.links.configure(.index(farEnd), up: true, address: far)
            try farSocket.addresses.add(InternetPrefix("10.77.0.2/24")!, to: farEnd)
            let near = try socket.links.find(named: "v0")!.index
            try socket.links.configure(.index(near), up: true)
            try socket.addresses.add(Self.gateway, to: near)
            let before = try socket.neighbours.list(on: near)
            try sendDatagram(to: InternetAddress("10.77.0.2")!)
            var learned: [Neighbour] = []
            for _ in 0..<200 where learned.first?.hardwareAddress == nil {
                learned = try socket.neighbours.list(on: near)
                if learned.first?.hardwareAddress == nil { usleep(10_000) }
            }
            try socket.neighbours.delete(InternetAddress("10.77.0.2")!, on: near)
            let after = try socket.neighbours.list(on: near).filter { $0.hardwareAddress != nil }
            let missing = failure { try socket.neighbours.delete(InternetAddress("10.77.0.9")!, on: near) }
            return (near: near, before: before, learned: learned, after: after, missing: missing)
        }
        #expect(result.before.isEmpty)
        #expect(result.learned.map(\.address.description) == ["10.77.0.2"])
        #expect(result.learned.first?.hardwareAddress == far)
        #expect(result.learned.first?.interface == result.near)
        #expect([.reachable, .delay, .stale, .probe].contains(result.learned.first?.state))
        #expect(result.after.isEmpty)
        #expect(result.missing?.reason == .notFound(.noSuchFileOrDirectory))
    }

    @Test("A permanent neighbour is listed for its interface alone, and multicast groups are not")
    func permanentNeighbour() async throws {
        let (here, there) = try await inNetworkNamespace {
            let socket = try NetlinkSocket()
            let bridge = try makeBridge(socket)
            var header = ndmsg()
            header.ndm_family = UInt8(AF_INET)
            header.ndm_ifindex = bridge.rawValue
            header.ndm_state = NeighbourState.permanent.rawValue
            let request = RequestMessage(
                RTM_NEWNEIGH, flags: NLM_F_ACK | NLM_F_CREATE, header: header,
                attributes: [.bytes(NDA_DST, [10, 77, 0, 9]), .bytes(NDA_LLADDR, [2, 0, 0, 0, 0, 9])])
            try socket.perform(request, .listNeighbours, "a permanent neighbour")
            let loopback = try socket.links.find(named: "lo")!.index
            return (try socket.neighbours.list(on: bridge), try socket.neighbours.list(on: loopback))
        }
        #expect(here.map(\.state) == [.permanent])
        #expect(here.first?.hardwareAddress?.description == "02:00:00:00:00:09")
        #expect(there.isEmpty)
    }

    @Test("A veth's peer goes to the namespace of a thread by its id")
    func peerByProcess() async throws {
        let (here, there) = try await inNetworkNamespace {
            let outer = try NetlinkSocket()
            try enterNewNetworkNamespace()
            let inner = try NetlinkSocket()
            try outer.links.createVethPair(named: "v0", peer: "v1", peerNamespace: .process(threadID()))
            return (
                try outer.links.list(namePrefix: "v").map(\.name), try inner.links.list(namePrefix: "v").map(\.name)
            )
        }
        #expect(here == ["v0"])
        #expect(there == ["v1"])
    }
}

/// Makes a bridge that is up.
private func makeBridge(_ socket: NetlinkSocket) throws -> InterfaceIndex {
    try socket.links.createBridge(named: "lgb0", address: LinkKernelTests.address)
    try socket.links.configure(.name("lgb0"), up: true)
    return try socket.links.find(named: "lgb0")!.index
}

/// The calling thread's id, from the link that reads `PROCESS/task/THREAD`.
private func threadID() throws -> Int32 {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/thread-self", &buffer, buffer.count)
    guard count > 0 else { throw Errno(rawValue: errno) }
    let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return Int32(path.split(separator: "/").last!)!
}

/// Sends an empty UDP datagram to the discard port, for which the kernel has to resolve the address.
private func sendDatagram(to destination: InternetAddress) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(9).bigEndian
    address.sin_addr.s_addr = destination.rawValue.bigEndian
    let sent = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(descriptor, nil, 0, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard sent == 0 else { throw Errno(rawValue: errno) }
}
