import Dispatch
import FoundationEssentials
import Glibc
import HostSystem
import QMP
import Synchronization

/// A QMP server that answers one client after another as a test says: for what a real QEMU does not do when asked.
final class ScriptedMonitor: Sendable {
    enum Answer {
        case reply(QMPValue)
        /// Events of these names and data, right after the reply.
        case replyThen([(String, QMPValue)])
        case refusal(String)
        case hangUp
    }

    struct Request: Decodable, Sendable {
        var execute: String
        var arguments: QMPValue?
        var id: UInt64
    }

    private let listener: CInt
    private let log = Mutex<[Request]>([])

    /// What clients asked so far, the negotiation left out.
    var requests: [Request] { log.withLock { $0 } }
    /// The arguments of each request with this name.
    func arguments(of command: String) -> [QMPValue] {
        requests.filter { $0.execute == command }.map { $0.arguments ?? [:] }
    }

    init(path: String, _ answer: @escaping @Sendable (String, QMPValue) -> Answer) throws {
        try Files.makeFolder(Files.folder(of: path))
        listener = socket(AF_UNIX, CInt(bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        unlink(path)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 4) == 0 else { throw SystemError.now("listen", path) }
        // A thread of its own: it blocks, and the global queue's threads are those of all tasks.
        DispatchQueue(label: "scripted monitor").async { [listener, weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                Self.serve(client) { request in
                    self?.log.withLock { $0.append(request) }
                    return answer(request.execute, request.arguments ?? [:])
                }
                close(client)
            }
            close(listener)
        }
    }

    /// Ends the wait for clients. Who waits closes the socket: its number may be another test's right after.
    deinit { shutdown(listener, CInt(SHUT_RDWR)) }

    private static func serve(_ client: CInt, _ answer: (Request) -> Answer) {
        send(
            #"{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}"#,
            client)
        var unread: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(client, &chunk, chunk.count)
            guard count > 0 else { return }
            unread += chunk[..<count]
            while let end = unread.firstIndex(of: 0x0A) {
                let line = Data(unread[..<end])
                unread.removeSubrange(...end)
                guard let request = try? JSONDecoder().decode(Request.self, from: line) else { return }
                var events: [(String, QMPValue)] = []
                switch request.execute == "qmp_capabilities" ? .reply([:]) : answer(request) {
                case .reply(let value): send(#"{"return": \#(text(value)), "id": \#(request.id)}"#, client)
                case .replyThen(let later):
                    events = later
                    send(#"{"return": {}, "id": \#(request.id)}"#, client)
                case .refusal(let words):
                    let error: QMPValue = ["class": "GenericError", "desc": .string(words)]
                    send(#"{"error": \#(text(error)), "id": \#(request.id)}"#, client)
                case .hangUp: return
                }
                for (name, data) in events {
                    let time = #""timestamp": {"seconds": 1, "microseconds": 0}"#
                    send(#"{"event": "\#(name)", "data": \#(text(data)), \#(time)}"#, client)
                }
            }
        }
    }

    private static func text(_ value: QMPValue) -> String {
        String(decoding: (try? JSONEncoder().encode(value)) ?? Data(), as: UTF8.self)
    }

    private static func send(_ line: String, _ client: CInt) {
        let bytes = Array((line + "\r\n").utf8)
        _ = Glibc.send(client, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }
}
