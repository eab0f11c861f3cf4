import CLinux
import Glibc
import SystemPackage

/// A connection to the kernel's network configuration (`NETLINK_ROUTE`, see `rtnetlink(7)`).
///
/// It speaks for the network namespace in which the thread was that opened it. Calls block for as long as the kernel
/// takes, at most milliseconds. A socket serves one caller at a time, and closes with its last reference. Changes need
/// CAP_NET_ADMIN in the namespace; listing needs nothing. Linux 4.20 or later.
public final class NetlinkSocket {
    private let descriptor: FileDescriptor
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: bufferSize)

    public init() throws(NetlinkError) {
        let raw = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard raw >= 0 else { throw Self.openError(Errno(rawValue: errno)) }
        descriptor = FileDescriptor(rawValue: raw)
        for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK] {
            var enabled: Int32 = 1
            let size = socklen_t(MemoryLayout<Int32>.size)
            guard setsockopt(raw, SOL_NETLINK, option, &enabled, size) == 0 else {
                throw Self.openError(Errno(rawValue: errno))
            }
        }
        // Port id 0 lets the kernel choose a free one: the process id would serve only one socket a process.
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else { throw Self.openError(Errno(rawValue: errno)) }
    }

    /// Takes over a socket whose far end plays the kernel.
    init(adopting descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    deinit {
        try? descriptor.close()
    }

    public var links: LinkTable { LinkTable(socket: self) }
    public var addresses: AddressTable { AddressTable(socket: self) }
    public var neighbours: NeighbourTable { NeighbourTable(socket: self) }
    public var routes: RouteTable { RouteTable(socket: self) }
    public var queues: QueueTable { QueueTable(socket: self) }

    /// Sends one request and waits for its acknowledgement.
    ///
    /// - Returns: the messages before the acknowledgement: the object itself for a `GET`, else none.
    @discardableResult
    func perform(
        _ request: RequestMessage, _ operation: NetlinkError.Operation, _ subject: String
    ) throws(NetlinkError) -> [ReceivedMessage] {
        try exchange(request, operation, subject).messages
    }

    /// Lists a table (`NLM_F_DUMP`), again where it changed meanwhile (`NLM_F_DUMP_INTR`): entries could be missing or
    /// there twice.
    func list<Entry>(
        _ request: RequestMessage, _ operation: NetlinkError.Operation, _ subject: String,
        decode: (ReceivedMessage) throws(MalformedMessage) -> Entry
    ) throws(NetlinkError) -> [Entry] {
        for _ in 1...Self.listAttempts {
            let answer = try exchange(request, operation, subject)
            if answer.interrupted { continue }
            return try NetlinkError.reading(operation, subject) { () throws(MalformedMessage) in
                var entries: [Entry] = []
                for message in answer.messages { entries.append(try decode(message)) }
                return entries
            }
        }
        throw NetlinkError(operation, subject, .interrupted(attempts: Self.listAttempts))
    }

    /// Sends a request and collects the whole answer, so that nothing of it is left for the next request.
    private func exchange(
        _ request: RequestMessage, _ operation: NetlinkError.Operation, _ subject: String
    ) throws(NetlinkError) -> (messages: [ReceivedMessage], interrupted: Bool) {
        sequence &+= 1
        do throws(Errno) {
            try send(request.serialised(sequence: sequence))
        } catch {
            throw NetlinkError(operation, subject, error)
        }
        var messages: [ReceivedMessage] = []
        var interrupted = false
        while true {
            for message in try receive(operation, subject) where message.sequence == sequence {
                interrupted = interrupted || message.flags & UInt16(NLM_F_DUMP_INTR) != 0
                let end = try NetlinkError.reading(operation, subject) { () throws(MalformedMessage) in
                    try Acknowledgement(message)
                }
                guard let end else {
                    messages.append(message)
                    continue
                }
                guard let errno = end.errno else { return (messages, interrupted) }
                throw NetlinkError(operation, subject, errno, kernelText: end.text)
            }
        }
    }

    private func send(_ bytes: [UInt8]) throws(Errno) {
        while Glibc.send(descriptor.rawValue, bytes, bytes.count, 0) < 0 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }

    /// The messages of the next datagram that the kernel itself sent.
    private func receive(
        _ operation: NetlinkError.Operation, _ subject: String
    ) throws(NetlinkError) -> [ReceivedMessage] {
        while true {
            var sender = sockaddr_nl()
            var size = socklen_t(MemoryLayout<sockaddr_nl>.size)
            let count = withUnsafeMutablePointer(to: &sender) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    // MSG_TRUNC: the datagram's true length even where the buffer is too small for it.
                    recvfrom(descriptor.rawValue, &buffer, buffer.count, Int32(MSG_TRUNC), $0, &size)
                }
            }
            if count < 0 {
                guard errno == EINTR else { throw NetlinkError(operation, subject, Errno(rawValue: errno)) }
                continue
            }
            // Port id 0 is the kernel; another process may send to us as well.
            if sender.nl_pid != 0 { continue }
            guard count <= buffer.count else {
                throw NetlinkError(operation, subject, .malformedReply("it has \(count) bytes"))
            }
            return try NetlinkError.reading(operation, subject) { () throws(MalformedMessage) in
                try ReceivedMessage.split(buffer[..<count])
            }
        }
    }

    private static func openError(_ errno: Errno) -> NetlinkError {
        NetlinkError(.openSocket, "a netlink socket", errno)
    }

    /// The kernel fills at most 32 KiB a datagram of a list (`netlink_dump` in `net/netlink/af_netlink.c`).
    private static let bufferSize = 65536
    private static let listAttempts = 16
}
