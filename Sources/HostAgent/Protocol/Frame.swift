import FleetModel
import FoundationEssentials

/// One line of the protocol: JSON of at most 1 MiB and a newline.
struct Frame: Codable, Sendable {
    enum Kind: String, Codable, Sendable {
        /// From the client; carries a `HostRequest`.
        case request
        /// About a request that is being worked on: a line for people.
        case event
        /// The last frame of a request from the agent; carries a `HostReply`, unless `data` frames before it did.
        case reply
        /// From the client: end the request's wait. Its reply still comes.
        case cancel
        /// At most 64 KiB of bytes: of a console, or of a reply too large for one line.
        case data
        /// No more `data` from this side.
        case end
    }

    /// The version that both sides must speak.
    static let version = 1
    /// Bytes of a line, its newline left out.
    static let lineLimit = 1 << 20
    /// Bytes in a `data` frame.
    static let dataLimit = 64 << 10

    /// The request that the frame belongs to.
    var id: Int
    var type: Kind
    var request: HostRequest?
    var reply: HostReply?
    var text: String?
    var data: Data?

    init(
        _ type: Kind, id: Int, request: HostRequest? = nil, reply: HostReply? = nil, text: String? = nil,
        data: Data? = nil
    ) {
        self.id = id
        self.type = type
        self.request = request
        self.reply = reply
        self.text = text
        self.data = data
    }

    var line: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self)) + [0x0A]
        } catch {
            fatalError("a frame cannot be encoded as JSON: \(error)")
        }
    }

    init(line: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(Frame.self, from: Data(line))
    }

    /// The id of a line that is no frame of this version, so that whoever sent it gets an answer; 0 where it has none.
    static func id(of line: some Sequence<UInt8>) -> Int {
        (try? JSONDecoder().decode(Numbered.self, from: Data(line)))?.id ?? 0
    }

    private struct Numbered: Decodable { var id: Int }

    /// The frames that carry a reply: one where it is small, else `data` frames and an empty `reply`.
    static func replying(_ reply: HostReply, id: Int) -> [[UInt8]] {
        let whole = Frame(.reply, id: id, reply: reply).line
        guard whole.count > dataLimit else { return [whole] }
        let bytes = Data(CanonicalJSON.bytes(of: reply))
        var frames: [[UInt8]] = []
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = min(start + dataLimit, bytes.endIndex)
            frames.append(Frame(.data, id: id, data: bytes[start..<end]).line)
            start = end
        }
        return frames + [Frame(.reply, id: id).line]
    }
}
