import Glibc
import NIOCore
import Testing

@testable import QMP

struct OutgoingQueueTests {
    private func request(_ id: UInt64, passing: Bool) throws -> OutgoingQueue.Request {
        let descriptor = passing ? try OwnedDescriptor(copying: STDIN_FILENO) : nil
        return OutgoingQueue.Request(id: id, bytes: ByteBuffer(string: "request \(id)"), descriptor: descriptor)
    }

    /// `write 1`, `pass 1` or `wait`, for the request that starts the text.
    private func next(_ queue: inout OutgoingQueue) -> String {
        switch queue.next() {
        case .write(let bytes): "write \(String(buffer: bytes))"
        case .pass(let request, _): "pass \(request.id)"
        case .wait: "wait"
        }
    }

    @Test func aDescriptorWaitsForWritesAndForTheAnswerToTheOneBefore() throws {
        var queue = OutgoingQueue()
        queue.append(try request(1, passing: false))
        queue.append(try request(2, passing: true))
        queue.append(try request(3, passing: true))
        #expect(next(&queue) == "write request 1")
        #expect(next(&queue) == "wait")
        queue.writeFinished()
        #expect(next(&queue) == "pass 2")
        queue.descriptorPassed(bytes: 3)
        #expect(next(&queue) == "write uest 2")
        queue.writeFinished()
        #expect(next(&queue) == "wait")
        queue.answered(2)
        #expect(next(&queue) == "pass 3")
        queue.descriptorPassed(bytes: 9)
        #expect(next(&queue) == "wait")
    }
}
