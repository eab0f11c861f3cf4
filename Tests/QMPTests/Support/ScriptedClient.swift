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

    private let channel: any Channel
    private var inbound: AsyncStream<ByteBuffer>.Iterator
    private var unread = ByteBuffer()

    init(_ arrival: Arrival) {
        channel = arrival.channel
        inbound = arrival.bytes.makeAsyncIterator()
    }

    /// Sends text as it is: the script writes the line feeds.
    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func reply(to request: Request, _ json: String = "{}") async throws {
        try await send(#"{"return": \#(json), "id": \#(request.id)}"# + "\r\n")
    }

    /// The next request; throws at the end of input.
    func receive() async throws -> Request {
        try JSONDecoder().decode(Request.self, from: Data(try await receiveLine()))
    }

    /// The next line; throws at the end of input.
    func receiveLine() async throws -> [UInt8] {
        while true {
            if let end = unread.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                return unread.readBytes(length: end - unread.readerIndex + 1) ?? []
            }
            guard var bytes = await inbound.next() else { throw TestFailure("the client hung up") }
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
    func waitForHangUp() async {
        while await inbound.next() != nil {}
    }
}
