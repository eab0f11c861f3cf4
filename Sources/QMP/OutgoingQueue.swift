import Glibc
import NIOCore

/// The requests in the order in which they are sent. Not thread-safe: it belongs to the connection's event loop.
///
/// A request that carries a descriptor leaves by sendmsg(2), beside NIO, so it waits until NIO has written everything
/// before it. It also waits for the reply of the previous such request: QEMU keeps only the descriptors of its last
/// read (`tcp_chr_recv` in chardev/char-socket.c), and may read on before it runs the command.
struct OutgoingQueue {
    struct Request {
        let id: UInt64
        var bytes: ByteBuffer
        var descriptor: OwnedDescriptor?
    }

    /// What the connection has to do next.
    enum Step {
        case write(ByteBuffer)
        case pass(Request, OwnedDescriptor)
        case wait
    }

    private var requests: [Request] = []
    private var unfinishedWrites = 0
    private var unansweredDescriptor: UInt64?

    mutating func append(_ request: Request) {
        requests.append(request)
    }

    mutating func next() -> Step {
        guard let request = requests.first else { return .wait }
        guard let descriptor = request.descriptor else {
            requests.removeFirst()
            unfinishedWrites += 1
            return .write(request.bytes)
        }
        return unfinishedWrites == 0 && unansweredDescriptor == nil ? .pass(request, descriptor) : .wait
    }

    mutating func writeFinished() {
        unfinishedWrites -= 1
    }

    /// The first request's descriptor is out, with this many bytes; the rest of them is sent next.
    mutating func descriptorPassed(bytes count: Int) {
        unansweredDescriptor = requests[0].id
        requests[0].descriptor = nil
        requests[0].bytes.moveReaderIndex(forwardBy: count)
        if requests[0].bytes.readableBytes == 0 { requests.removeFirst() }
    }

    mutating func answered(_ id: UInt64) {
        if unansweredDescriptor == id { unansweredDescriptor = nil }
    }

    mutating func removeAll() {
        requests = []
    }
}
