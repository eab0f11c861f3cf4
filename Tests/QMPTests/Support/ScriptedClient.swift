import FoundationEssentials
import NIOCore
import NIOPosix
import QMP

/// The server's end of one connection, which a script drives.
final class ScriptedClient {
    struct Request: Decodable, Equatable {
        let execute: String
        let arguments: QMPValue?
        let id: UInt64
    }

    static let greeting = """
        {"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "stub"}, \
        "capabilities": ["oob"]}}\r\n
        """

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var unread = ByteBuffer()

    init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// Sends text as it is: the script writes the line feeds.
    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    func reply(to request: Request, _ json: String = "{}") async throws {
        try await send(#"{"return": \#(json), "id": \#(request.id)}"# + "\r\n")
    }

    /// The next request; throws at the end of input.
    func receive() async throws -> Request {
        while true {
            if let end = unread.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = unread.readBytes(length: end - unread.readerIndex + 1) ?? []
                return try JSONDecoder().decode(Request.self, from: Data(line))
            }
            guard var bytes = try await inbound.next() else { throw TestFailure("the client hung up") }
            unread.writeBuffer(&bytes)
        }
    }

    /// Greets and accepts the negotiation.
    func greet() async throws {
        try await send(Self.greeting)
        let request = try await receive()
        guard request.execute == "qmp_capabilities" else { throw TestFailure("no negotiation: \(request)") }
        try await reply(to: request)
    }

    /// Waits until the client closes its end.
    func waitForHangUp() async throws {
        while try await inbound.next() != nil {}
    }
}

/// Runs `body` with the path of a unix socket whose every client is served by `script`. A client is hung up on when its
/// script ends.
func withPeer<Result: Sendable>(
    _ script: @escaping @Sendable (ScriptedClient) async throws -> Void,
    body: @escaping @Sendable (String) async throws -> Result
) async throws -> Result {
    try await withTemporaryFolder { folder in
        let path = folder + "/qmp.sock"
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await server.executeThenClose { clients in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await withThrowingDiscardingTaskGroup { scripts in
                        for try await client in clients {
                            scripts.addTask {
                                // A script that breaks off hangs up, and the client's side of the test fails.
                                try? await client.executeThenClose { inbound, outbound in
                                    try await script(ScriptedClient(inbound: inbound, outbound: outbound))
                                }
                            }
                        }
                    }
                }
                let result = try await body(path)
                tasks.cancelAll()
                return result
            }
        }
    }
}
