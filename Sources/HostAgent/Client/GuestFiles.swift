import FleetModel
import FoundationEssentials
import KVMExecutor

/// What travels with a guest's agent: commands and files.
extension AgentSession {
    /// Bytes of a part of a file.
    public static var partSize: Int { GuestFileCopy.partSize }

    /// Parts of a file that are on their way to a guest and not written yet, at most.
    static var partsInFlight: Int { 8 }

    /// Runs a program in the guest to its end.
    ///
    /// - Parameter input: its standard input, in base64.
    public func execute(
        _ command: [String], input: String?, in guest: GuestReference
    ) async throws(HostError) -> GuestExecResult {
        guard case .executed(let result) = try await ask(.execute(guest, command: command, input: input)) else {
            throw unexpected("execute")
        }
        return result
    }

    /// Reads a file in the guest.
    ///
    /// - Parameter output: gets its parts, in order; where it throws, that ends the copy.
    /// - Returns: its permission bits, where the guest tells.
    public func readFile(
        _ path: String, in guest: GuestReference, output: (Data) throws(HostError) -> Void
    ) async throws(HostError) -> UInt32? {
        let (id, frames) = try begin(.readFile(guest, path: path))
        defer { send(Frame(.cancel, id: id).line) }
        for await frame in frames {
            switch frame.reply {
            case .failed(let error): throw error
            case .file(let mode): return mode
            case .some: throw unexpected("read a file")
            case nil: if frame.type == .data, let data = frame.data { try output(data) }
            }
        }
        throw Task.isCancelled ? HostError(.cancelled, "interrupted") : gone
    }

    /// Writes a file in the guest.
    ///
    /// - Parameters:
    ///   - name: what it is called where the path is a folder.
    ///   - next: gives the parts, one after the other; nil at the end. Where it throws, or the task is cancelled, the
    ///     agent removes what it has written; that is waited for.
    public func writeFile(
        _ path: String, name: String, mode: UInt32, in guest: GuestReference,
        next: @escaping @Sendable () throws(HostError) -> Data?
    ) async throws(HostError) {
        let (id, frames) = try begin(.writeFile(guest, path: path, name: name, mode: mode))
        let failure = await withTaskCancellationHandler {
            // A stream's iteration would end at once in a cancelled task; the reply is awaited in one of its own.
            await Task { await exchangeParts(id, frames, next) }.value
        } onCancel: {
            send(Frame(.cancel, id: id).line)
        }
        if let failure { throw failure }
    }

    /// Sends parts, and more as the agent says that it has written some.
    ///
    /// - Returns: why it failed.
    func exchangeParts(
        _ id: Int, _ frames: AsyncStream<Frame>, _ next: @Sendable () throws(HostError) -> Data?
    ) async -> HostError? {
        var answers = frames.makeAsyncIterator()
        var inFlight = 0
        var isEnded = false
        var failure: HostError?
        while true {
            if !isEnded, inFlight < Self.partsInFlight {
                do throws(HostError) {
                    if let part = try next() {
                        inFlight += 1
                        send(Frame(.data, id: id, data: part).line)
                    } else {
                        isEnded = true
                        send(Frame(.end, id: id).line)
                    }
                } catch {
                    (failure, isEnded) = (error, true)
                    send(Frame(.cancel, id: id).line)
                }
                continue
            }
            guard let frame = await answers.next() else { return failure ?? gone }
            switch frame.reply {
            case .failed(let error): return failure ?? error
            case .some: return failure
            case nil: if frame.type == .data { inFlight -= 1 }
            }
        }
    }
}
