import FoundationEssentials
import Glibc

/// A session with the QEMU guest agent over the unix socket that is its channel (qemu-ga(8), the QGA schema of QEMU
/// 7.2). One command at a time: the protocol has no ids. What guest and agent keep (processes, open files) outlives the
/// session.
///
/// The guest is not trusted. Each wait has a limit, each answer a size, and after whatever is not an answer the session
/// is of no more use.
public actor GuestAgentSession {
    /// Bytes of an answer: two outputs of 16 MiB, which is all that an agent keeps of a command's, in base64.
    static let answerLimit = 48 << 20

    /// Nil: the session has ended.
    private var descriptor: OwnedDescriptor?
    private var received: [UInt8] = []
    /// How many of those are known to hold no line feed.
    private var searched = 0

    private init(_ descriptor: OwnedDescriptor) { self.descriptor = descriptor }

    /// Connects, and discards what is left of earlier conversations: the agent is sent a byte that ends whatever it was
    /// in the middle of, and a number that it sends back after that very byte.
    ///
    /// - Parameter timeout: for all of it. While somebody else holds the channel, nothing is answered.
    public static func connect(path: String, timeout: Duration) async throws(GuestAgentError) -> GuestAgentSession {
        do throws(GuestAgentError.Reason) {
            let deadline = Deadline(timeout)
            let session = GuestAgentSession(try await open(path, deadline))
            try await session.synchronize(deadline)
            return session
        } catch {
            throw GuestAgentError(operation: "guest-sync-delimited", reason: error)
        }
    }

    /// Runs a command and gives its answer.
    ///
    /// - Parameters:
    ///   - name: the schema name.
    ///   - arguments: an object.
    ///   - timeout: how long to wait for the answer; after it the session is of no more use.
    public func execute<Answer: Decodable & Sendable>(
        _ name: String, _ arguments: [String: QMPValue] = [:], as: Answer.Type = Answer.self,
        timeout: Duration = .seconds(30)
    ) async throws(GuestAgentError) -> Answer {
        do throws(GuestAgentError.Reason) {
            let deadline = Deadline(timeout)
            try await send(line(name, arguments), deadline)
            return try decode(try await nextLine(deadline))
        } catch {
            throw GuestAgentError(operation: name, reason: error)
        }
    }

    /// Ends the session, so that somebody else can have the channel.
    public func end() { descriptor = nil }

    private static func open(_ path: String, _ deadline: Deadline) async throws(Reason) -> OwnedDescriptor {
        var pause = Pause()
        while true {
            do throws(QMPError.Reason) {
                return OwnedDescriptor(owning: try UnixSocket.connect(path: path))
            } catch {
                switch error {
                // The queue of those who wait for the channel is full.
                case .systemCall(_, EAGAIN): try await pause.wait(deadline)
                case .systemCall(let name, let code): throw .systemCall(name: name, errno: code)
                case .pathTooLong(let bytes): throw .pathTooLong(bytes: bytes)
                default: throw .disconnected
                }
            }
        }
    }

    private typealias Reason = GuestAgentError.Reason

    private func synchronize(_ deadline: Deadline) async throws(Reason) {
        let number = Int64.random(in: 1...(1 << 53))
        let request = [Self.sentinel] + (try line("guest-sync-delimited", ["id": .integer(number)]))
        try await send(request, deadline)
        var discarded = 0
        while true {
            let answer = try await nextLine(deadline)
            discarded += answer.count
            guard discarded <= Self.answerLimit else { throw .violation("it does not stop talking") }
            // What an older conversation left may stand before it, on the same line.
            guard let start = answer.lastIndex(of: Self.sentinel) else { continue }
            let value: Int64? = try? decode(answer[(start + 1)...])
            if value == number { return }
        }
    }

    /// It is in no UTF-8 text: the agent's parser begins anew at it, and puts it before the answer.
    private static let sentinel: UInt8 = 0xFF

    private func line(_ name: String, _ arguments: [String: QMPValue]) throws(Reason) -> [UInt8] {
        var message: [String: QMPValue] = ["execute": .string(name)]
        if !arguments.isEmpty { message["arguments"] = .object(arguments) }
        guard let bytes = try? JSONEncoder().encode(QMPValue.object(message)) else {
            throw .violation("the arguments have no JSON form")
        }
        return Array(bytes) + [0x0A]
    }

    private func decode<Answer: Decodable>(_ line: some Sequence<UInt8>) throws(Reason) -> Answer {
        let data = Data(line)
        if let answer = try? JSONDecoder().decode(Message<Answer>.self, from: data) { return answer.return }
        guard let refusal = try? JSONDecoder().decode(Refusal.self, from: data) else {
            throw .violation("a line of \(data.count) bytes, \(String(decoding: data.prefix(60), as: UTF8.self))")
        }
        throw .refused(class: refusal.error.class, description: refusal.error.desc)
    }

    private struct Message<Answer: Decodable>: Decodable { var `return`: Answer }
    private struct Refusal: Decodable {
        struct Words: Decodable {
            var `class`: String
            var desc: String
        }
        var error: Words
    }

    // MARK: Bytes

    private func send(_ bytes: [UInt8], _ deadline: Deadline) async throws(Reason) {
        var rest = bytes[...]
        var pause = Pause()
        while !rest.isEmpty {
            guard let descriptor else { throw .disconnected }
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
                pause = Pause()
            } else {
                guard errno == EAGAIN || errno == EINTR else { throw .disconnected }
                try await pause.wait(deadline)
            }
        }
    }

    private func nextLine(_ deadline: Deadline) async throws(Reason) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var pause = Pause()
        while true {
            if let end = received[searched...].firstIndex(of: 0x0A) {
                let line = Array(received[..<end])
                received.removeFirst(end + 1)
                searched = 0
                return line
            }
            searched = received.count
            guard received.count <= Self.answerLimit else { throw .violation("an answer without an end") }
            guard let descriptor else { throw .disconnected }
            let count = recv(descriptor.rawValue, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                received += chunk[..<count]
                pause = Pause()
                // A guest that never ends a line is not waited for longer than one that says nothing.
                try deadline.check()
            } else {
                guard count < 0, errno == EAGAIN || errno == EINTR else { throw .disconnected }
                try await pause.wait(deadline)
            }
        }
    }
}

/// When a wait is over.
private struct Deadline: Sendable {
    let timeout: Duration
    private let end: ContinuousClock.Instant

    init(_ timeout: Duration) {
        self.timeout = timeout
        end = .now + timeout
    }

    func check() throws(GuestAgentError.Reason) {
        guard !Task.isCancelled else { throw .cancelled }
        guard ContinuousClock.now < end else { throw .timedOut(after: timeout) }
    }
}

/// Pauses between two looks, from one millisecond to twenty.
private struct Pause {
    private var milliseconds = 1

    mutating func wait(_ deadline: Deadline) async throws(GuestAgentError.Reason) {
        try deadline.check()
        try? await Task.sleep(for: .milliseconds(milliseconds))
        milliseconds = min(20, milliseconds * 2)
    }
}
