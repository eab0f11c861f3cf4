import Dispatch
import FleetModel
import FoundationEssentials
import Glibc
import HostSystem
import KVMExecutor
import Synchronization

/// The host's end of the protocol: reads requests from standard input, works on many at once, writes replies to
/// standard output. Ends with its input, once the steps that run have ended.
public struct AgentServer: Sendable {
    let service: HostService
    private let output = OutputPipe()

    public init(layout: HostLayout) { service = HostService(layout: layout) }

    public func run() async {
        // A client that died is seen as a failed write, not as a signal.
        signal(SIGPIPE, SIG_IGN)
        Machine.raiseDescriptorLimit()
        await withTaskGroup(of: Void.self) { group in
            let requests = RunningRequests()
            for await line in Self.inputLines() {
                guard let frame = try? Frame(line: line) else {
                    refuse(Frame.id(of: line))
                    continue
                }
                switch frame.type {
                case .request:
                    guard let request = frame.request else {
                        refuse(frame.id)
                        continue
                    }
                    let input = requests.begin(frame.id)
                    let task = Task { await answer(request, id: frame.id, input: input) }
                    if !request.isChange { requests.started(frame.id, task) }
                    group.addTask {
                        await task.value
                        requests.finish(frame.id)
                    }
                case .cancel: requests.cancel(frame.id)
                case .data: requests.deliver(frame.id, Array(frame.data ?? Data()))
                case .end: requests.endInput(frame.id)
                case .event, .reply: break
                }
            }
            // The client is gone: waits are cancelled, running operations end.
            requests.cancelAll()
        }
        await service.leave()
    }

    private func refuse(_ id: Int) {
        let error = HostError(
            .failed, "the agent does not understand this request; install the same Lodge on both ends")
        output.write([Frame(.reply, id: id, reply: .failed(error)).line])
    }

    private func answer(_ request: HostRequest, id: Int, input: AsyncStream<[UInt8]>) async {
        let reply: HostReply
        do throws(HostError) {
            reply = try await work(request, id: id, input: input)
        } catch {
            reply = .failed(error)
        }
        output.write(Frame.replying(reply, id: id))
    }

    private func work(
        _ request: HostRequest, id: Int, input: AsyncStream<[UInt8]>
    ) async throws(HostError) -> HostReply {
        switch request {
        case .hello(_, let web):
            if let web { await service.use(web) }
            return .hello(version: Frame.version)
        case .observe: return .observed(try await service.observe())
        case .lock(let holder, let timeout):
            try await service.lock(holder: holder, timeout: timeout)
            return .done(remark: nil)
        case .perform(let step, let policy):
            let remark = try await service.perform(step, policy: policy) { text in
                output.write([Frame(.event, id: id, text: text).line])
            }
            return .done(remark: remark)
        case .cloudInitReports: return .cloudInitReports(await CloudInitQuery(layout: service.layout).reports())
        case .examine: return .examined(await service.examine())
        case .log(let guest, let lines, let follows):
            try await LogRelay(guest: guest, layout: service.layout).run(lines: lines, follows: follows) { bytes in
                output.write([Frame(.data, id: id, data: Data(bytes)).line])
            }
            return .done(remark: nil)
        case .execute(let guest, let command, let text):
            return .executed(try await relay(guest).execute(command, input: text))
        case .readFile(let guest, let path):
            let mode = try await relay(guest).read(path) { output.write([Frame(.data, id: id, data: Data($0)).line]) }
            return .file(mode: mode)
        case .writeFile(let guest, let path, let name, let mode):
            try await relay(guest).write(path, name: name, mode: mode, parts: input) {
                output.write([Frame(.data, id: id, data: Data()).line])
            }
            return .done(remark: nil)
        case .listCache: return .cache(try service.listCache())
        case .storeImage(let file, let limit):
            try await service.store(file, limit: limit, parts: input) {
                output.write([Frame(.data, id: id, data: Data()).line])
            }
            return .done(remark: nil)
        case .console(let guest):
            try await ConsoleRelay(path: service.layout.guestRun(guest.id).console).run(input: input) { bytes in
                output.write([Frame(.data, id: id, data: Data(bytes)).line])
            }
            return .done(remark: nil)
        }
    }

    private func relay(_ guest: GuestReference) -> GuestRelay { GuestRelay(guest: guest, layout: service.layout) }

    /// Standard input as lines, read by a thread of its own: a blocked read must not hold one of the few threads
    /// that tasks share.
    private static func inputLines() -> AsyncStream<[UInt8]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        DispatchQueue(label: "lodge.agent.input").async {
            var splitter = LineSplitter(limit: Frame.lineLimit)
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(0, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0, let lines = try? splitter.add(chunk[0..<count]) else { break }
                for line in lines { continuation.yield(line) }
            }
            continuation.finish()
        }
        return stream
    }
}

/// Standard output, line by line: frames of different requests never mix within a line.
private final class OutputPipe: Sendable {
    private let lock = Mutex(())

    func write(_ lines: [[UInt8]]) {
        lock.withLock { _ in
            for line in lines {
                var offset = 0
                while offset < line.count {
                    let count = line.withUnsafeBytes { Glibc.write(1, $0.baseAddress! + offset, $0.count - offset) }
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    offset += count
                }
            }
        }
    }
}

/// The requests that are being worked on, by id.
private final class RunningRequests: Sendable {
    private struct Entry {
        /// Nil for what must not be cancelled: a change that was begun is brought to its end.
        var task: Task<Void, Never>?
        var input: AsyncStream<[UInt8]>.Continuation
    }

    private let entries = Mutex<[Int: Entry]>([:])

    func begin(_ id: Int) -> AsyncStream<[UInt8]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        entries.withLock { $0[id] = Entry(input: continuation) }
        return stream
    }

    func started(_ id: Int, _ task: Task<Void, Never>) { entries.withLock { $0[id]?.task = task } }
    func deliver(_ id: Int, _ bytes: [UInt8]) { entries.withLock { _ = $0[id]?.input.yield(bytes) } }
    func endInput(_ id: Int) { entries.withLock { $0[id]?.input.finish() } }
    func cancel(_ id: Int) { entries.withLock { $0[id]?.task?.cancel() } }

    func finish(_ id: Int) {
        entries.withLock { $0.removeValue(forKey: id)?.input.finish() }
    }

    func cancelAll() {
        entries.withLock { entries in
            for entry in entries.values {
                entry.task?.cancel()
                entry.input.finish()
            }
        }
    }
}
