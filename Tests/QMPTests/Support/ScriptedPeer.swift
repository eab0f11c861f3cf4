import NIOCore
import NIOPosix

/// A client that connected.
struct Arrival: Sendable {
    let channel: any Channel
    /// What it sends; ends when it hangs up.
    let bytes: AsyncStream<ByteBuffer>
}

/// Hands what a client sends to its script.
private final class ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let bytes: AsyncStream<ByteBuffer>.Continuation

    init(bytes: AsyncStream<ByteBuffer>.Continuation) {
        self.bytes = bytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.yield(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        bytes.finish()
    }
}

/// Runs `body` with the path of a unix socket whose every client is served by `script`. A client is hung up on when its
/// script ends, and every script is cancelled when `body` ends.
func withPeer(
    _ script: @escaping @Sendable (ScriptedClient) async throws -> Void,
    body: (String) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        let path = folder + "/qmp.sock"
        let (arrivals, arrive) = AsyncStream.makeStream(of: Arrival.self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (stream, bytes) = AsyncStream.makeStream(of: ByteBuffer.self)
                    try channel.pipeline.syncOperations.addHandler(ArrivalHandler(bytes: bytes))
                    arrive.yield(Arrival(channel: channel, bytes: stream))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await withDiscardingTaskGroup { scripts in
                    for await arrival in arrivals {
                        scripts.addTask {
                            // A script that breaks off hangs up, and the client's side of the test fails.
                            try? await script(ScriptedClient(arrival))
                            try? await arrival.channel.close()
                        }
                    }
                }
            }
            defer { tasks.cancelAll() }
            try await body(path)
        }
        try await server.close()
    }
}
