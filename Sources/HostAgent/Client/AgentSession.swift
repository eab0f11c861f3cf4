import FleetModel
import FoundationEssentials
import JSONCoding

/// A session with a host through its agent: requests with ids, many in flight, over two pipes.
public final actor AgentSession: HostSession {
    private struct Exchange {
        /// Frames of the request, in order; ends with its reply or with the connection.
        var frames: AsyncStream<Frame>.Continuation
    }

    private let host: Name
    let send: @Sendable ([UInt8]) -> Void
    private var exchanges: [Int: Exchange] = [:]
    private var lastID = 0
    /// Why the connection ended; nil while it lives.
    private var ending: String?

    /// - Parameter send: takes whole lines for the agent, in the order of its calls, and does not wait until they are
    ///   written. Whoever finds that they cannot be written calls `end`.
    init(host: Name, send: @escaping @Sendable ([UInt8]) -> Void) {
        self.host = host
        self.send = send
    }

    // MARK: What comes from the agent

    /// Hands a line to the request that it belongs to.
    func receive(_ line: [UInt8]) {
        guard let frame = try? Frame(line: line) else {
            return end("it sent a line that is no frame: \(String(decoding: line.prefix(200), as: UTF8.self))")
        }
        exchanges[frame.id]?.frames.yield(frame)
        if frame.type == .reply { exchanges.removeValue(forKey: frame.id)?.frames.finish() }
    }

    /// The agent is gone: every request that waits fails.
    func end(_ why: String) {
        ending = ending ?? why
        for exchange in exchanges.values { exchange.frames.finish() }
        exchanges = [:]
    }

    // MARK: What it is asked

    public func observe() async throws(HostError) -> LiveHost {
        guard case .observed(let live) = try await ask(.observe) else { throw unexpected("observe") }
        return live
    }

    public func lock(holder: String, timeout: Timespan) async throws(HostError) {
        _ = try await ask(.lock(holder: holder, timeout: timeout))
    }

    public func perform(
        _ step: Step, policy: HostPolicy, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) -> String? {
        guard case .done(let remark) = try await ask(.perform(step, policy), progress: progress) else {
            throw unexpected(step.verb)
        }
        return remark
    }

    public func examine() async throws(HostError) -> [HostCheck] {
        guard case .examined(let checks) = try await ask(.examine) else { throw unexpected("examine") }
        return checks
    }

    /// What cloud-init says in each guest that tells.
    public func cloudInitReports() async throws(HostError) -> [ObjectID: CloudInitReport] {
        guard case .cloudInitReports(let reports) = try await ask(.cloudInitReports) else {
            throw unexpected("cloud-init")
        }
        return reports
    }

    /// What the guest printed on its serial console; where it is followed, until the guest is removed or the task is
    /// cancelled.
    ///
    /// - Parameters:
    ///   - lines: only so many that are there already; nil: all.
    ///   - output: gets the bytes as they come; false: nobody reads them any more.
    public func log(
        of guest: GuestReference, lines: Int?, follows: Bool, output: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(HostError) {
        let (id, frames) = try begin(.log(guest, lines: lines, follows: follows))
        defer { send(Frame(.cancel, id: id).line) }
        for await frame in frames {
            switch frame.reply {
            case .failed(let error): throw error
            case .some: return
            case nil: if frame.type == .data, let data = frame.data, !output(Array(data)) { return }
            }
        }
        guard !Task.isCancelled else { return }
        throw gone
    }

    /// Connects the guest's serial console until `input` ends or the guest does.
    ///
    /// - Parameter lingers: true: after the input's end, what the guest answers is awaited, until it is quiet.
    public func console(
        of guest: GuestReference, input: AsyncStream<[UInt8]>, lingers: Bool,
        output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(HostError) {
        let (id, frames) = try begin(.console(guest))
        let typing = Task {
            for await bytes in input { send(Frame(.data, id: id, data: Data(bytes)).line) }
            send(Frame(lingers ? .end : .cancel, id: id).line)
        }
        defer { typing.cancel() }
        for await frame in frames {
            if frame.type == .data, let data = frame.data { output(Array(data)) }
            if case .failed(let error) = frame.reply { throw error }
        }
    }

    func greet(_ web: WebSettings? = nil) async throws(HostError) {
        guard case .hello(let version) = try await ask(.hello(version: Frame.version, web: web)),
            version == Frame.version
        else {
            throw HostError(
                .unreachable,
                "the agent on host \(host) speaks another version of the protocol; "
                    + "install the same Lodge there and here")
        }
    }

    // MARK: Requests

    func begin(_ request: HostRequest) throws(HostError) -> (Int, AsyncStream<Frame>) {
        if let ending { throw HostError(.unreachable, "the agent on host \(host) is gone: \(ending)") }
        lastID += 1
        let id = lastID
        let line = Frame(.request, id: id, request: request).line
        guard line.count <= Frame.lineLimit else {
            throw HostError(
                .failed,
                "a request to host \(host) has \(line.count) bytes, and at most \(Frame.lineLimit) can be sent"
                    + "\n  to do: make the guest's userData smaller; let it fetch what is large")
        }
        let (frames, continuation) = AsyncStream.makeStream(of: Frame.self)
        exchanges[id] = Exchange(frames: continuation)
        send(line)
        return (id, frames)
    }

    /// Asks and waits. When the task is cancelled the agent is told to end its wait, and its reply is awaited: a
    /// step that runs is never abandoned.
    func ask(
        _ request: HostRequest, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(HostError) -> HostReply {
        let (id, frames) = try begin(request)
        let outcome = await withTaskCancellationHandler {
            // A stream's iteration would end at once in a cancelled task; the reply is collected in one of its own.
            await Task { await Self.collect(frames, progress: progress) }.value
        } onCancel: {
            send(Frame(.cancel, id: id).line)
        }
        switch outcome {
        case .failed(let error): throw error
        case let reply?: return reply
        case nil: throw gone
        }
    }

    var gone: HostError {
        HostError(.unreachable, "the agent on host \(host) is gone: \(ending ?? "it hung up")")
    }

    private static func collect(
        _ frames: AsyncStream<Frame>, progress: @Sendable (String) -> Void
    ) async -> HostReply? {
        var data = Data()
        for await frame in frames {
            switch frame.type {
            case .event: frame.text.map(progress)
            case .data: frame.data.map { data.append($0) }
            case .reply: return frame.reply ?? (try? CompactJSON.decode(HostReply.self, from: Array(data)))
            case .request, .cancel, .end: break
            }
        }
        return nil
    }

    func unexpected(_ operation: String) -> HostError {
        HostError(.unreachable, "the agent on host \(host) answered “\(operation)” with something else")
    }
}
