import FleetModel
import Synchronization
import TestSupport

@testable import HostAgent

/// The agent's end of a session, played by a test.
final class ScriptedAgent: Sendable {
    let session: AgentSession
    private let inbox: Inbox

    init() {
        let inbox = Inbox()
        session = AgentSession(host: name("local")) { inbox.add($0) }
        self.inbox = inbox
    }

    /// What was sent so far.
    var received: [Frame] { inbox.frames }

    /// Waits for so many frames.
    func receive(_ count: Int) async throws -> [Frame] {
        try await eventually { received.count >= count }
        return received
    }

    func reply(_ id: Int, _ reply: HostReply) async {
        for line in Frame.replying(reply, id: id) { await session.receive(line) }
    }
}

private final class Inbox: Sendable {
    private let lines = Mutex<[[UInt8]]>([])

    func add(_ line: [UInt8]) { lines.withLock { $0.append(line) } }
    var frames: [Frame] { lines.withLock { $0 }.map { try! Frame(line: $0) } }
}
