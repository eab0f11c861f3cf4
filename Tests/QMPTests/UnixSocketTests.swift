import Glibc
import Testing

@testable import QMP

@Suite(.timeLimit(.minutes(1)))
struct UnixSocketTests {
    @Test func noChildInheritsTheConnection() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/qmp.sock"
            let listener = try listeningSocket(at: path, backlog: 4)
            defer { close(listener) }
            let descriptor = try UnixSocket.connect(path: path)
            defer { close(descriptor) }
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    /// A socket whose queue is full refuses with EAGAIN at once; to the user that is one more client who waits.
    @Test func waitsWhereTheQueueIsFull() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/qmp.sock"
            let listener = try listeningSocket(at: path, backlog: 0)
            defer { close(listener) }
            let first = try UnixSocket.connect(path: path)
            defer { close(first) }
            #expect(throws: QMPError.Reason.systemCall(name: "connect", errno: EAGAIN)) {
                try UnixSocket.connect(path: path)
            }
            let start = ContinuousClock.now
            let reason = await reason { () throws(QMPError) in
                try await QMPSession.connect(path: path, timeout: .milliseconds(100))
            }
            #expect(reason == .noGreeting(after: .milliseconds(100)))
            #expect(ContinuousClock.now - start >= .milliseconds(100))
        }
    }

    @Test func tellsASocketThatNobodyListensOn() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/qmp.sock"
            close(try listeningSocket(at: path, backlog: 0))
            let reason = await reason { () throws(QMPError) in try await QMPSession.connect(path: path) }
            #expect(reason == .systemCall(name: "connect", errno: ECONNREFUSED))
        }
    }
}
