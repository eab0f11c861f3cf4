import CLinux
import Glibc
import SystemPackage

@testable import Netlink

/// The far end of a `NetlinkSocket`: it answers with datagrams that were written down beforehand.
final class ScriptedKernel {
    let socket: NetlinkSocket
    private let farEnd: FileDescriptor

    /// - Parameter datagrams: in the order in which they are received, each without regard to the requests.
    init(answering datagrams: [[UInt8]]) throws {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        socket = NetlinkSocket(adopting: FileDescriptor(rawValue: ends[0]))
        farEnd = FileDescriptor(rawValue: ends[1])
        // Whoever waits for what never comes fails, and does not hang.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        for end in ends {
            let size = socklen_t(MemoryLayout<timeval>.size)
            guard setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, size) == 0 else { throw Errno(rawValue: errno) }
        }
        for datagram in datagrams { _ = try farEnd.writeAll(datagram) }
    }

    /// The requests that have arrived, at least one.
    func requests() throws -> [ReceivedMessage] {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = try bytes.withUnsafeMutableBytes { try farEnd.read(into: $0) }
        return try ReceivedMessage.split(bytes[..<count])
    }

    deinit {
        try? farEnd.close()
    }

    static func message(
        type: some BinaryInteger, flags: Int32 = 0, sequence: UInt32, payload: [UInt8]
    ) -> [UInt8] {
        let header = nlmsghdr(
            nlmsg_len: UInt32(16 + payload.count), nlmsg_type: UInt16(type), nlmsg_flags: UInt16(flags),
            nlmsg_seq: sequence, nlmsg_pid: 0)
        var bytes = [UInt8](memoryOf: header) + payload
        bytes.pad(by: bytes.count.alignedForNetlink - bytes.count)
        return bytes
    }

    /// The end of a list.
    static func done(sequence: UInt32, code: Int32 = 0, flags: Int32 = 0) -> [UInt8] {
        message(type: NLMSG_DONE, flags: flags | NLM_F_MULTI, sequence: sequence, payload: [UInt8](memoryOf: code))
    }

    /// An interface with nothing but an index and a name.
    static func link(index: Int32, name: String, sequence: UInt32, flags: Int32 = 0) -> [UInt8] {
        var header = ifinfomsg()
        header.ifi_index = index
        var payload = [UInt8](memoryOf: header)
        Attribute.string(IFLA_IFNAME, name).serialise(into: &payload)
        return message(type: RTM_NEWLINK, flags: flags | NLM_F_MULTI, sequence: sequence, payload: payload)
    }
}
